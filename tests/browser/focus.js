// What has the focus: the name that people know it by, and whether they see that it has it.
const focus = document.activeElement;
const label = focus.labels && focus.labels.length ? focus.labels[0].textContent : focus.textContent;
return {
  name: (focus.getAttribute("aria-label") || label).trim().replace(/\s+/g, " "),
  outlined: focus === document.body || getComputedStyle(focus).outlineStyle !== "none",
};

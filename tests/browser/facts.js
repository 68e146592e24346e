// What a page must not have, and how large it came.
const inline = [...document.querySelectorAll("*")].filter((element) =>
  element.matches("[style], style, script:not([src])") ||
  [...element.attributes].some((attribute) => attribute.name.startsWith("on")));
return {
  bytes: performance.getEntriesByType("navigation")[0].decodedBodySize,
  headings: [...document.querySelectorAll("h1")].map((heading) => heading.textContent),
  inline: inline.map((element) => element.outerHTML.slice(0, 200)),
};

// How much wider than the window the page is, and what reaches out of it.
const root = document.documentElement;
const reach = [...document.body.querySelectorAll("*")].filter((element) => {
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.right > root.clientWidth + 1;
});
return {
  over: root.scrollWidth - root.clientWidth,
  reach: reach.slice(0, 5).map((element) => element.outerHTML.slice(0, 120)),
};

// What axe finds wrong with the page: a line each, the rule, what it asks for, and where it is broken.
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"] }).then(
  ({ violations }) => done(violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${rule.help}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`))),
  (error) => done([`axe failed: ${error}`]),
);

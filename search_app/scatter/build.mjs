// Builds search_app/static/map.js, which the app serves, from src/: `make map`.
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const licences = await Promise.all(
  ["three", "d3-contour", "d3-array", "internmap"].map(async (name) =>
    `${name}\n\n${(await readFile(`node_modules/${name}/LICENSE`, "utf8")).trim()}\n`));
await writeFile("../static/map-licences.txt", `map.js contains parts of these libraries.\n\n${licences.join("\n----\n\n")}`);
await build({
  entryPoints: ["src/main.js"],
  outfile: "../static/map.js",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  loader: { ".css": "text" },
  banner: { js: "/* Built from search_app/scatter by `make map`; licences in map-licences.txt. */" },
});

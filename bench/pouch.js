// What `pouch.py` measures against: PouchDB replicating to express-pouchdb, both on LevelDB.
//
//     node bench/pouch.js serve MODULES FOLDER        prints its port
//     node bench/pouch.js push MODULES FOLDER URL     documents as JSON lines on stdin; prints s

const { createRequire } = require("module");
const path = require("path");

const [, , what, modules, folder, url] = process.argv;
const load = createRequire(path.join(path.resolve(modules), "package.json"));
const Pouch = load("pouchdb").defaults({ prefix: path.join(folder, "") + "/" });

async function serve() {
  const app = load("express")();
  const pouch = load("express-pouchdb")(Pouch, { inMemoryConfig: true, logPath: "/dev/null" });
  app.use("/", pouch);
  const listener = app.listen(0, "127.0.0.1", () => console.log(listener.address().port));
}

async function push() {
  const docs = require("fs").readFileSync(0, "utf8").trim().split("\n").map(JSON.parse);
  const local = new Pouch("counter");
  for (let at = 0; at < docs.length; at += 1000) await local.bulkDocs(docs.slice(at, at + 1000));
  const begin = process.hrtime.bigint();
  const done = await local.replicate.to(url, { batch_size: 100 });
  const took = Number(process.hrtime.bigint() - begin) / 1e9;
  if (done.docs_written !== docs.length) throw new Error(`${done.docs_written} written`);
  console.log(took);
}

(what === "serve" ? serve : push)().catch((error) => {
  console.error(error);
  process.exit(1);
});

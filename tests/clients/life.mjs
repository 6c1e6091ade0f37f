// The life of an application through the published JavaScript client, told as one JSON line a call.
//
//   life.mjs URL MASTER_KEY
//
// Every public method of the client's classes is called at least once; the last line lists those that were not.
import { readFileSync } from "node:fs";
import { Meilisearch, Index } from "meilisearch";
import { generateTenantToken } from "meilisearch/token";

const [url, masterKey] = process.argv.slice(2);
const books40 = JSON.parse(readFileSync(new URL("library.json", import.meta.url)));
const keyUid = "6062abda-a5aa-4414-ac91-ecd7944c0f8d";
const patience = { timeout: 30_000, interval: 5 };
const called = new Set();
const classes = new Map();
const leftOut = {};

const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");

function plain(value) {
  if (value instanceof Index) {
    const { uid, primaryKey, createdAt, updatedAt } = value;
    return { uid, primaryKey, createdAt, updatedAt };
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
  }
  return value;
}

function toldError(error) {
  const cause = error.cause ?? {};
  return { type: error.name, code: cause.code, text: cause.message ?? error.message };
}

const parts = { tasks: "TaskClient", batches: "BatchClient" }; // by getter
const rooms = { index: "Index", chat: "ChatWorkspace" }; // by method

const isEnqueued = (value) => value && typeof value === "object" && typeof value.taskUid === "number";

// An object of the client whose calls are told; what it enqueues is waited for, and the task is told as well.
// The package is minified, so its classes are named here.
function told(inner, client, of, kind) {
  classes.set(kind, inner.constructor);
  return new Proxy(inner, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name === "inner") return target;
      if (name in parts) return told(value, client, of, parts[name]);
      if (typeof value !== "function" || typeof name !== "string") return value;
      const label = `${kind}.${name}`;
      const ask = (...args) => value.apply(target, args);
      return (...args) => {
        called.add(label);
        return name in rooms ? told(ask(...args), client, of, rooms[name]) : finish(label, () => ask(...args), client, of);
      };
    },
  });
}

async function finish(label, ask, client, of) {
  let got;
  try {
    got = ask();
    got = Array.isArray(got) ? await Promise.all(got) : await got;
    if (got && typeof got === "object" && Symbol.asyncIterator in got) got = await drain(got);
  } catch (error) {
    tell({ do: label, of, error: toldError(error) });
    return undefined;
  }
  tell({ do: label, of, got: plain(got) ?? null });
  for (const one of Array.isArray(got) ? got : [got]) {
    if (!isEnqueued(one)) continue;
    tell({ do: "wait", of, got: plain(await client.tasks.waitForTask(one, patience)) });
  }
  return got;
}

async function drain(source) {
  const parts = [];
  for await (const part of source) parts.push(part instanceof Uint8Array ? new TextDecoder().decode(part) : part);
  return parts;
}

function connect(apiKey, of = "master") {
  const inner = new Meilisearch({ host: url, apiKey, defaultWaitOptions: patience });
  return told(inner, inner, of, "Meilisearch");
}

async function begin(client) {
  await client.health();
  await client.isHealthy();
  await client.getVersion();
  await client.getStats();
  await client.createIndex("books", { primaryKey: "id" });
  await client.createIndex("books", { primaryKey: "id" }); // fails as a task
  await client.createIndex("not a name");
  called.add("Index.create");
  await Index.create("shelf", { primaryKey: "id" }, client.inner.config).waitTask(patience);
  await client.getIndexes({ limit: 5 });
  await client.getRawIndexes();
  await client.getIndex("books");
  await client.getRawIndex("books");
  await client.getIndex("nobody");
  const books = client.index("books");
  await books.getRawInfo();
  await books.fetchInfo();
  await books.fetchPrimaryKey();
  return books;
}

const settingValues = {
  Pagination: { maxTotalHits: 30 },
  Synonyms: { novel: ["book"], sea: ["ocean"] },
  StopWords: ["the", "of"],
  RankingRules: ["words", "typo", "proximity", "attribute", "sort", "exactness", "year:desc"],
  DistinctAttribute: "author",
  FilterableAttributes: ["genre", { attributePatterns: ["ye*"], features: { facetSearch: false, filter: { equality: true, comparison: true } } }],
  SortableAttributes: ["year", "price"],
  SearchableAttributes: ["title", "author"],
  DisplayedAttributes: ["id", "title"],
  TypoTolerance: { minWordSizeForTypos: { oneTypo: 4 }, disableOnWords: ["emma"] },
  Faceting: { maxValuesPerFacet: 3, sortFacetValuesBy: { genre: "count" } },
  SeparatorTokens: ["|", "&sep"],
  NonSeparatorTokens: ["#", "@"],
  Dictionary: ["J. R. R.", "H. G."],
  ProximityPrecision: "byAttribute",
  Embedders: { taste: { source: "userProvided", dimensions: 3 } },
  SearchCutoffMs: 1500,
  LocalizedAttributes: [{ attributePatterns: ["title"], locales: ["eng"] }],
  FacetSearch: false,
  PrefixSearch: "disabled",
  ForeignKeys: [{ foreignIndexUid: "books", fieldName: "book" }],
};

async function settings(client, books) {
  const shelf = client.index("shelf");
  await client.updateExperimentalFeatures({ foreignKeys: true, chatCompletions: true });
  await shelf.getSettings();
  for (const [name, value] of Object.entries(settingValues)) {
    await shelf[`get${name}`]();
    await shelf[`update${name}`](value);
    await shelf[`get${name}`]();
    await shelf[`reset${name}`]();
    await shelf[`get${name}`]();
  }
  await shelf.getChat();
  await shelf.updateChat({ description: "a shelf of books", searchParameters: { limit: 3 } });
  await shelf.getChat();
  await shelf.updateRankingRules(["nonsense"]);
  await shelf.resetSettings();
  await client.updateExperimentalFeatures({ foreignKeys: false, chatCompletions: false });
  await books.updateSettings({
    filterableAttributes: ["genre", "year", "author", "country", "_geo", "id"],
    sortableAttributes: ["year", "price", "_geo"],
    searchableAttributes: ["title", "author", "genre"],
    embedders: { taste: { source: "userProvided", dimensions: 3 } },
    synonyms: { whale: ["moby"] },
  });
  await books.getSettings();
}

async function ingest(books) {
  await books.addDocuments(books40.slice(0, 15), { primaryKey: "id", customMetadata: "first" });
  await books.addDocumentsInBatches(books40.slice(15, 30), 20); // one batch: several would race one another
  await books.addDocumentsFromString(books40.slice(30).map((book) => JSON.stringify(book)).join("\n"), "application/x-ndjson");
  await books.addDocuments([{ title: "without a key" }]);
  await books.addDocuments([{ id: "not allowed!" }]);
  await books.addDocuments([{ id: 1000, title: "no vectors" }]);
  await books.addDocuments([]);
  await books.getStats();
  await books.getFields();
  await books.getDocument(27, { fields: ["title", "year"], retrieveVectors: true });
  await books.getDocument(12345);
  await books.getDocuments({ limit: 4, offset: 7, fields: ["id", "title"] });
  await books.getDocuments({ filter: "genre = horror", fields: ["title"] });
  await books.getDocuments({ ids: [40, 2, 7], fields: ["title"] });
  await books.getDocuments({ sort: ["year:asc"], limit: 3, fields: ["title", "year"] });
}

async function change(shelf) {
  await shelf.addDocumentsFromString('id;title;author;year:number\n101;"Odd; Even";Nobody;2001\n102;Plain;Nobody;2002\n', "text/csv", { csvDelimiter: ";" });
  await shelf.updateDocuments([{ id: 101, genre: "trial" }, { id: 103, genre: "trial" }]);
  await shelf.updateDocuments([{ id: 999, title: "not made" }], { skipCreation: true });
  await shelf.updateDocumentsInBatches([{ id: 101, price: 1 }, { id: 102, price: 2 }], 20);
  await shelf.updateDocumentsFromString('{"id": 102, "country": "Nowhere"}', "application/x-ndjson");
  await shelf.getDocuments();
  await shelf.updateFilterableAttributes(["genre", "id"]);
  await shelf.deleteDocument(101);
  await shelf.deleteDocuments([102, 104]);
  await shelf.deleteDocuments({ filter: "genre = trial" });
  await shelf.deleteDocuments({ filter: "price = 1" });
  await shelf.getDocuments({ limit: 0 });
  await shelf.addDocuments([{ id: "a", title: "Emma, a study" }]);
}

async function search(client, books) {
  await books.search("the");
  await books.search("the", { offset: 1, limit: 3 });
  await books.searchGet("jules", { filter: "year > 1865", sort: ["year:asc"], limit: 4, facets: ["genre"] });
  await books.search("adventure of", { attributesToHighlight: ["*"], attributesToCrop: ["title"], cropLength: 2, showMatchesPosition: true });
  await books.search("prid and prejudise", { showRankingScore: true, showRankingScoreDetails: true, limit: 2 });
  await books.search("", { facets: ["genre", "year"], hitsPerPage: 7, page: 2 });
  await books.search("", { distinct: "author", limit: 40, attributesToRetrieve: ["author", "title"] });
  await books.search("", { sort: ["_geoPoint(48.8, 2.3):asc", "year:desc"], limit: 5, attributesToRetrieve: ["title"] });
  await books.search("sea", { hybrid: { embedder: "taste", semanticRatio: 0.5 }, vector: [0.6, 0.9, 0.9], limit: 5 });
  await books.search("x", { filter: "price > 3" });
  await books.searchSimilarDocuments({ id: 14, embedder: "taste", limit: 4 });
  await books.searchForFacetValues({ facetName: "author", facetQuery: "ja" });
  await books.searchForFacetValues({ facetName: "price" });
  await client.index("nobody").search("x");
  await client.multiSearch({ queries: [{ indexUid: "books", q: "emma" }, { indexUid: "shelf", q: "" }, { indexUid: "books", q: "", facets: ["genre"], limit: 1 }] });
  await client.multiSearch({
    federation: { limit: 6, facetsByIndex: { books: ["genre"] }, mergeFacets: { maxValuesPerFacet: 3 } },
    queries: [{ indexUid: "books", q: "island" }, { indexUid: "books", q: "sea", federationOptions: { weight: 0.5 } }],
  });
  await client.multiSearch({ queries: [{ indexUid: "nobody", q: "" }] });
}

async function keys(client) {
  await client.getKeys();
  const key = await client.createKey({ uid: keyUid, name: "readers", description: "searches books", actions: ["search"], indexes: ["books"], expiresAt: null });
  await client.getKey(keyUid);
  await client.getKey(key.key);
  await client.getKeys({ limit: 1, offset: 1 });
  await client.updateKey(keyUid, { name: "visitors" });
  await client.createKey({ uid: keyUid, actions: ["search"], indexes: ["books"], expiresAt: null });
  await client.createKey({ actions: ["everything"], indexes: ["books"], expiresAt: null });
  const visitor = connect(key.key, "visitor");
  await visitor.index("books").search("emma");
  await visitor.index("shelf").search("emma");
  await visitor.getStats();
  const expiresAt = new Date(Date.now() + 86_400_000);
  const token = await generateTenantToken({ apiKey: key.key, apiKeyUid: keyUid, searchRules: { books: { filter: "genre = romance" } }, expiresAt, force: true });
  const tenant = connect(token, "tenant");
  await tenant.index("books").search("", { facets: ["genre"], attributesToRetrieve: ["title"] });
  await tenant.index("books").search("", { filter: "genre = horror" });
  await tenant.index("shelf").search("");
  await tenant.getKeys();
  const forged = await generateTenantToken({ apiKey: "of somebody else", apiKeyUid: keyUid, searchRules: ["*"], force: true });
  await connect(forged, "forger").index("books").search("");
  await connect("wrong", "stranger").index("books").search("");
  await connect(undefined, "nobody").getIndexes();
  await client.deleteKey(keyUid);
  await tenant.index("books").search("");
  await client.getKey(keyUid);
}

async function tasks(client) {
  const { tasks, batches } = client;
  await tasks.getTasks({ limit: 3 });
  await tasks.getTasks({ statuses: ["failed"], limit: 100 });
  await tasks.getTasks({ types: ["settingsUpdate"], indexUids: ["books"], reverse: true });
  await tasks.getTasks({ from: 9, limit: 1 });
  await tasks.getTasks({ statuses: ["nonsense"] });
  await tasks.getTask(3);
  await tasks.getTask(123456);
  await tasks.waitForTask(3, patience);
  await tasks.waitForTasks([1, 2], patience);
  await tasks.waitForTasksIter([1, 2], patience);
  await client.updateExperimentalFeatures({ getTaskDocumentsRoute: true });
  await tasks.getTaskDocuments(123456);
  await client.updateExperimentalFeatures({ getTaskDocumentsRoute: false });
  await batches.getBatches({ limit: 2 });
  await batches.getBatch(1);
  await batches.getBatch(123456);
  await tasks.cancelTasks({ uids: [1, 2] });
  await tasks.deleteTasks({ indexUids: ["shelf"], statuses: ["succeeded"] });
  await tasks.deleteTasks({});
}

async function instance(client) {
  await client.getExperimentalFeatures();
  await client.updateExperimentalFeatures({ editDocumentsByFunction: true, chatCompletions: true, network: true, dynamicSearchRules: true, renderRoute: true });
  await client.index("books").updateDocumentsByFunction({ function: "doc.price += 1", filter: "genre = poetry" });
  await client.getWebhooks();
  const hook = await client.createWebhook({ url: "http://127.0.0.1:9/hook", headers: { authorization: "very secret" } });
  await client.getWebhook(hook.uuid);
  await client.updateWebhook(hook.uuid, { headers: { authorization: null } });
  await client.getWebhooks();
  await client.deleteWebhook(hook.uuid);
  await client.getWebhook(hook.uuid);
  await client.getNetwork();
  await client.updateNetwork({ self: "one", remotes: { one: { url: "http://127.0.0.1:9", searchApiKey: "abc" } } });
  await client.getNetwork();
  await client.initializeNetwork({ self: "one", remotes: { one: { url: "http://127.0.0.1:9" } } });
  await client.addRemote({ name: "two", url: "http://127.0.0.1:9", searchApiKey: "abc" });
  await client.removeRemote({ name: "two" });
  await client.addRemotesToShard("first", ["one"]);
  await client.removeRemotesFromShard("first", ["one"]);
  await client.updateNetwork({ self: null, remotes: null });
  const chat = client.chat("guide");
  await chat.update({ source: "openAi", apiKey: "sk-very-secret-key" });
  await chat.get();
  await client.getChatWorkspaces();
  await client.getChatWorkspace("guide");
  await client.chat("nobody").streamCompletion({ model: "any", messages: [{ role: "user", content: "hello" }], stream: true });
  await chat.reset();
  await client.deleteChatWorkspace("guide");
  await client.updateDynamicSearchRule("pinned", {
    description: "first of all", active: true, conditions: { query: { isEmpty: true } },
    actions: [{ selector: { indexUid: "books", id: "27" }, action: { type: "pin", position: 1 } }],
  });
  await client.getDynamicSearchRule("pinned");
  await client.getDynamicSearchRules();
  await client.deleteDynamicSearchRule("pinned");
  await client.getDynamicSearchRules();
  await client.deleteAllDynamicSearchRules();
  await client.renderTemplate({ template: { kind: "inlineDocumentTemplate", inline: "{{ doc.title }}" }, input: { kind: "indexDocument", indexUid: "books", id: "27" } });
  await client.updateExperimentalFeatures({ editDocumentsByFunction: false, chatCompletions: false, network: false, dynamicSearchRules: false, renderRoute: false });
  await client.createDump();
  await client.createSnapshot();
}

async function end(client, books) {
  await client.swapIndexes([{ indexes: ["books", "shelf"] }]);
  await client.index("shelf").search("emma");
  await client.index("books").search("emma");
  await client.swapIndexes([{ indexes: ["shelf", "nobody"] }]);
  await client.swapIndexes([{ indexes: ["shelf", "shelf"] }]);
  await client.swapIndexes([{ indexes: ["shelf", "archive"], rename: true }]);
  const archive = client.index("archive");
  await archive.search("emma");
  await archive.compact();
  await client.updateIndex("books", { uid: "empty" });
  await books.update({ primaryKey: "isbn" }); // is gone: fails as a task
  await client.index("empty").update({ primaryKey: "isbn" });
  await archive.update({ primaryKey: "title" }); // holds documents: fails as a task
  await client.getStats();
  await archive.deleteAllDocuments();
  await archive.search("");
  await archive.delete();
  await client.deleteIndex("empty");
  await client.deleteIndexIfExists("empty");
  await client.getIndexes();
}

function publicMethods() {
  const names = [];
  for (const [kind, made] of classes) {
    for (const name of Object.getOwnPropertyNames(made.prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(made.prototype, name);
      if (name !== "constructor" && typeof value === "function") names.push(`${kind}.${name}`);
    }
  }
  return [...names, "Index.create"].sort();
}

const client = connect(masterKey);
const books = await begin(client);
await settings(client, books);
await ingest(books);
await change(client.index("shelf"));
await search(client, books);
await keys(client);
await tasks(client);
await instance(client);
await end(client, books);
const methods = publicMethods();
tell({
  methods: methods.length,
  uncalled: methods.filter((name) => !called.has(name) && !(name in leftOut)),
  idle: Object.keys(leftOut).filter((name) => called.has(name)),
  left_out: leftOut,
});

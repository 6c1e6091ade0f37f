// A conversation through the JavaScript client: what was said, and nothing else, on standard output. URL, key.
import { Meilisearch } from "meilisearch";

const [url, key] = process.argv.slice(2);
const client = new Meilisearch({ host: url, apiKey: key });
const stream = await client.chat("guide").streamCompletion({
  model: "one", messages: [{ role: "user", content: "hello" }], stream: true });
let text = "";
const decoder = new TextDecoder();
for await (const bytes of stream) text += decoder.decode(bytes, { stream: true });
const events = text.split("\n").filter(line => line.startsWith("data: {")).map(line => JSON.parse(line.slice(6)));
console.log(events.map(event => event.choices[0].delta.content ?? "").join(""));

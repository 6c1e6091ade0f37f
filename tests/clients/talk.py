"""A conversation through the Python client: what was said, and nothing else, on standard output. URL, key."""
import sys

import meilisearch

client = meilisearch.Client(sys.argv[1], sys.argv[2])
said = ""
for chunk in client.create_chat_completion("guide", [{"role": "user", "content": "hello"}], "one"):
    said += chunk["choices"][0]["delta"]["content"] or ""
print(said)

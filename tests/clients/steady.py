"""An application at its daily work: it writes, waits for the task and searches, round after round. Any failure, and any
answer that is not the whole one, ends it with a line that says so.

  steady.py URL MASTER_KEY ROUNDS"""
import sys

import meilisearch

PATIENCE_MS = 20000


def main():
    url, key, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    client = meilisearch.Client(url, key)
    notes = client.index("notes")
    done(client, client.create_index("notes", {"primaryKey": "id"}))
    done(client, notes.update_filterable_attributes(["round"]))
    for number in range(1, rounds + 1):
        done(client, notes.add_documents([{"id": number * 10 + i, "text": f"note {i}", "round": number} for i in range(5)]))
        done(client, notes.update_documents([{"id": number * 10, "text": f"changed in round {number}"}]))
        done(client, notes.delete_document(number * 10 + 4))
        here = notes.search("", {"filter": f"round = {number}", "limit": 10})["hits"]
        expect(f"documents of round {number}", [number * 10 + i for i in range(4)], sorted(hit["id"] for hit in here))
        found = notes.search("changed", {"hitsPerPage": 1})
        expect(f"changed documents in round {number}", number, found["totalHits"])
        expect(f"documents after round {number}", 4 * number, notes.get_documents({"limit": 1}).total)
        print(f"round {number}", flush=True)
    print("done")


def done(client, enqueued):
    task = client.wait_for_task(enqueued.task_uid, timeout_in_ms=PATIENCE_MS, interval_in_ms=5)
    expect(f"task {task.uid} ({task.type}, {task.error})", "succeeded", task.status)


def expect(what, wanted, found):
    if wanted != found:
        sys.exit(f"{what}: wanted {wanted}, found {found}")


if __name__ == "__main__":
    main()

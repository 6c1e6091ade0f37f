"""The life of an application through the published Python client, told as one JSON line a call.

  life.py URL MASTER_KEY

Every public method of Client and Index is called at least once; the last line lists those that were not."""
import datetime
import enum
import inspect
import json
import pathlib
import sys

import meilisearch
from meilisearch.errors import MeilisearchError
from meilisearch.index import Index

BOOKS = json.loads((pathlib.Path(__file__).parent / "library.json").read_text())
KEY_UID = "6062abda-a5aa-4414-ac91-ecd7944c0f8d"
PATIENCE_MS = 30000
LEFT_OUT = {}  # method: why it cannot be called


def plain(value):
    """What a client hands out, as JSON."""
    if isinstance(value, Index):
        return {"uid": value.uid, "primaryKey": value.primary_key, "createdAt": value.created_at and str(value.created_at)}
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)) or inspect.isgenerator(value):
        return [plain(part) for part in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return plain(vars(value))


def tell(**line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


class Told:
    """A client whose calls are told; what it enqueues is waited for, and the task is told as well."""

    called = set()

    def __init__(self, inner, client, name):
        self.inner, self.client, self.name = inner, client, name

    def __getattr__(self, method):
        attribute = getattr(self.inner, method)
        return self.telling(method, attribute) if callable(attribute) else attribute

    def telling(self, method, attribute):
        def call(*arguments, **named):
            label = f"{type(self.inner).__name__}.{method}"
            Told.called.add(label)
            try:
                got = attribute(*arguments, **named)
                told = plain(got)
            except (MeilisearchError, ValueError, KeyError) as error:
                tell(do=label, of=self.name, error={"type": type(error).__name__, "code": getattr(error, "code", None), "text": str(error)})
                return None
            tell(do=label, of=self.name, got=told)
            for enqueued in got if isinstance(got, list) else [got]:
                if hasattr(enqueued, "task_uid"):
                    self.follow(enqueued.task_uid)
            if isinstance(got, Index):
                return Told(got, self.client, self.name)
            return got

        return call

    def follow(self, uid):
        task = self.client.wait_for_task(uid, timeout_in_ms=PATIENCE_MS, interval_in_ms=5)
        tell(do="wait", of=self.name, got=plain(task))


def connect(url, key, name="master"):
    inner = meilisearch.Client(url, key)
    return Told(inner, inner, name)


def begin(client):
    client.health()
    client.is_healthy()
    client.version()
    client.get_version()
    client.get_all_stats()
    client.create_index("books", {"primaryKey": "id"})
    client.create_index("books", {"primaryKey": "id"})  # fails as a task
    client.create_index("not a name")
    client.get_indexes({"limit": 5})
    client.get_raw_indexes()
    client.get_index("books")
    client.get_raw_index("books")
    client.get_index("nobody")
    books = client.index("books")
    books.create(client.inner.config, "shelf", {"primaryKey": "id"})
    books.fetch_info()
    books.get_primary_key()
    return books


SETTINGS = [
    # get, update, reset, value
    ("ranking_rules", "ranking_rules", ["words", "typo", "proximity", "attribute", "sort", "exactness", "year:desc"]),
    ("distinct_attribute", "distinct_attribute", "author"),
    ("searchable_attributes", "searchable_attributes", ["title", "author"]),
    ("displayed_attributes", "displayed_attributes", ["id", "title"]),
    ("stop_words", "stop_words", ["the", "of"]),
    ("synonyms", "synonyms", {"novel": ["book"], "sea": ["ocean"]}),
    ("filterable_attributes", "filterable_attributes", ["genre", "year"]),
    ("sortable_attributes", "sortable_attributes", ["year", "price"]),
    ("typo_tolerance", "typo_tolerance", {"minWordSizeForTypos": {"oneTypo": 4}, "disableOnWords": ["emma"]}),
    ("pagination_settings", "pagination_settings", {"maxTotalHits": 30}),
    ("faceting_settings", "faceting_settings", {"maxValuesPerFacet": 3, "sortFacetValuesBy": {"genre": "count"}}),
    ("embedders", "embedders", {"taste": {"source": "userProvided", "dimensions": 3}}),
    ("search_cutoff_ms", "search_cutoff_ms", 1500),
    ("separator_tokens", "separator_tokens", ["|", "&sep"]),
    ("non_separator_tokens", "non_separator_tokens", ["#", "@"]),
    ("dictionary", "dictionary", ["J. R. R.", "H. G."]),
    ("proximity_precision", "proximity_precision", "byAttribute"),
    ("localized_attributes", "localized_attributes", [{"attributePatterns": ["title"], "locales": ["eng"]}]),
    ("facet_search_settings", "facet_search_settings", False),
    ("prefix_search", "prefix_search", "disabled"),
]


def settings(client, books):
    shelf = client.index("shelf")
    shelf.get_settings()
    for read, write, value in SETTINGS:
        getattr(shelf, "get_" + read)()
        getattr(shelf, "update_" + write)(value)
        getattr(shelf, "get_" + read)()
        getattr(shelf, "reset_" + write)()
        getattr(shelf, "get_" + read)()
    client.update_experimental_features({"foreignKeys": True})
    shelf.get_foreign_keys()
    shelf.update_foreign_keys([{"foreignIndexUid": "books", "fieldName": "book"}])
    shelf.get_foreign_keys()
    shelf.reset_foreign_keys()
    client.update_experimental_features({"foreignKeys": False})
    shelf.update_ranking_rules(["nonsense"])
    books.update_settings({
        "filterableAttributes": ["genre", "year", "author", "country", "_geo", "id"],
        "sortableAttributes": ["year", "price", "_geo"],
        "searchableAttributes": ["title", "author", "genre"],
        "embedders": {"taste": {"source": "userProvided", "dimensions": 3}},
        "synonyms": {"whale": ["moby"]},
    }, metadata="first settings")
    books.get_settings()
    shelf.reset_settings()


def ingest(books):
    books.add_documents(BOOKS[:10], "id")
    books.add_documents_in_batches(BOOKS[10:25], batch_size=5, metadata="three parts")
    books.add_documents_json(json.dumps(BOOKS[25:30]).encode())
    books.add_documents_ndjson("\n".join(json.dumps(book) for book in BOOKS[30:35]).encode())
    books.add_documents_raw(json.dumps(BOOKS[35:]).encode(), content_type="application/json")
    books.add_documents([{"title": "without a key"}])
    books.add_documents([{"id": "not allowed!"}])
    books.add_documents([{"id": 1000, "title": "no vectors"}])
    books.get_stats()
    books.get_document(27, {"fields": ["title", "year"], "retrieveVectors": "true"})
    books.get_document(12345)
    books.get_documents({"limit": 4, "offset": 7, "fields": ["id", "title"]})
    books.get_documents({"filter": "genre = horror", "fields": ["title"]})
    books.get_documents({"sort": ["year:asc"], "limit": 3, "fields": ["title", "year"]})
    books.get_fields()


def change(shelf):
    shelf.add_documents_csv(b'id;title;author;year:number\n101;"Odd; Even";Nobody;2001\n102;Plain;Nobody;2002\n', csv_delimiter=";")
    shelf.update_documents([{"id": 101, "genre": "trial"}, {"id": 102, "genre": "trial"}, {"id": 103, "genre": "trial"}])
    shelf.update_documents_in_batches([{"id": 101, "price": 1}, {"id": 102, "price": 2}], batch_size=1)
    shelf.update_documents_json([{"id": 101, "country": "Nowhere"}])
    shelf.update_documents_ndjson([{"id": 102, "country": "Nowhere"}])
    shelf.update_documents_raw([{"id": 999, "title": "not made"}], content_type="application/json", skip_creation=True)
    shelf.update_documents_csv(b"id,price:number\n101,3\n")
    shelf.get_document(101)
    shelf.get_documents()
    shelf.update_filterable_attributes(["genre", "id"])
    shelf.delete_document(101)
    shelf.delete_documents([102, 104])
    shelf.delete_documents(filter="genre = trial")
    shelf.delete_documents(filter="price = 1")
    shelf.get_documents({"limit": 0})
    shelf.add_documents([{"id": "a", "title": "Emma, a study"}])


def search(client, books):
    books.search("the")
    books.search("the", {"offset": 1, "limit": 3})
    books.search("adventure of", {"attributesToHighlight": ["*"], "attributesToCrop": ["title"], "cropLength": 2, "showMatchesPosition": True})
    books.search("jules", {"filter": ["year > 1865", ["genre = adventure", "genre = 'science fiction'"]], "sort": ["year:asc"]})
    books.search("whale")
    books.search("prid and prejudise", {"showRankingScore": True, "showRankingScoreDetails": True, "limit": 2})
    books.search("", {"facets": ["*"], "limit": 0})
    books.search("", {"facets": ["genre", "year"], "hitsPerPage": 7, "page": 2})
    books.search("", {"distinct": "author", "limit": 40, "attributesToRetrieve": ["author", "title"]})
    books.search("", {"sort": ["_geoPoint(48.8, 2.3):asc", "year:desc"], "limit": 5, "attributesToRetrieve": ["title"]})
    books.search("", {"filter": "_geoRadius(55.9, -3.2, 50000)", "attributesToRetrieve": ["title"]})
    books.search("island", {"matchingStrategy": "all", "attributesToSearchOn": ["title"]})
    books.search("mysterious sea island", {"matchingStrategy": "frequency"})
    books.search("sea", {"hybrid": {"embedder": "taste", "semanticRatio": 0.5}, "vector": [0.6, 0.9, 0.9], "limit": 5, "showRankingScore": True})
    books.search("", {"hybrid": {"embedder": "taste", "semanticRatio": 1}, "vector": [0.1, 0.5, 0.6], "limit": 3, "retrieveVectors": True})
    books.search("x", {"filter": "price > 3"})
    books.search("x", {"limit": "many"})
    books.get_similar_documents({"id": 14, "embedder": "taste", "limit": 4, "showRankingScore": True})
    books.facet_search("author", "ja")
    books.facet_search("genre", "", {"filter": "year < 1850"})
    client.index("nobody").search("x")
    client.multi_search([{"indexUid": "books", "q": "emma"}, {"indexUid": "shelf", "q": ""}, {"indexUid": "books", "q": "", "facets": ["genre"], "limit": 1}])
    client.multi_search([{"indexUid": "books", "q": "island"}, {"indexUid": "books", "q": "sea", "federationOptions": {"weight": 0.5}}],
                        federation={"limit": 6, "facetsByIndex": {"books": ["genre"]}, "mergeFacets": {"maxValuesPerFacet": 3}})
    client.multi_search([{"indexUid": "nobody", "q": ""}])


def keys(client, url):
    client.get_keys()
    key = client.create_key({"uid": KEY_UID, "name": "readers", "description": "searches books", "actions": ["search"], "indexes": ["books"], "expiresAt": None})
    client.get_key(KEY_UID)
    client.get_key(key.key)
    client.get_keys({"limit": 1, "offset": 1})
    client.update_key(KEY_UID, {"name": "visitors"})
    client.create_key({"uid": KEY_UID, "actions": ["search"], "indexes": ["books"], "expiresAt": None})
    client.create_key({"actions": ["everything"], "indexes": ["books"], "expiresAt": None})
    visitor = connect(url, key.key, "visitor")
    visitor.index("books").search("emma")
    visitor.index("shelf").search("emma")
    visitor.get_version()
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    rules = {"books": {"filter": "genre = romance"}}
    Told.called.add("Client.generate_tenant_token")  # not told: it holds the hour
    token = client.inner.generate_tenant_token(KEY_UID, rules, api_key=key.key, expires_at=tomorrow)
    tenant = connect(url, token, "tenant")
    tenant.index("books").search("", {"facets": ["genre"], "attributesToRetrieve": ["title"]})
    tenant.index("books").search("", {"filter": "genre = horror"})
    tenant.index("shelf").search("")
    tenant.get_keys()
    forged = client.inner.generate_tenant_token(KEY_UID, ["*"], api_key="of somebody else")
    connect(url, forged, "forger").index("books").search("")
    connect(url, "wrong", "stranger").index("books").search("")
    connect(url, None, "nobody").get_indexes()
    client.delete_key(KEY_UID)
    tenant.index("books").search("")
    client.get_key(KEY_UID)


def tasks(client, books):
    client.get_tasks({"limit": 3})
    client.get_tasks({"statuses": ["failed"], "limit": 100})
    client.get_tasks({"types": ["settingsUpdate"], "indexUids": ["books"]})
    client.get_tasks({"statuses": ["nonsense"]})
    client.get_task(3)
    client.get_task(123456)
    books.get_tasks({"limit": 2})
    books.get_task(3)
    client.wait_for_task(3)
    books.wait_for_task(3)
    client.get_batches({"limit": 2})
    client.get_batch(1)
    client.cancel_tasks({"uids": ["1", "2"]})
    client.delete_tasks({"indexUids": ["shelf"], "statuses": ["succeeded"]})
    client.delete_tasks({})


def instance(client):
    client.get_experimental_features()
    client.update_experimental_features({"editDocumentsByFunction": True, "chatCompletions": True, "network": True, "dynamicSearchRules": True, "renderRoute": True})
    client.update_documents_by_function("books", {"function": "doc.price += 1", "filter": "genre = poetry"})
    client.get_webhooks()
    hook = client.create_webhook({"url": "http://127.0.0.1:9/hook", "headers": {"authorization": "very secret"}})
    client.get_webhook(hook.uuid)
    client.update_webhook(hook.uuid, {"headers": {"authorization": None}})
    client.get_webhooks()
    client.delete_webhook(hook.uuid)
    client.get_webhook(hook.uuid)
    client.get_all_networks()
    client.add_or_update_networks({"self": "one", "remotes": {"one": {"url": "http://127.0.0.1:9", "searchApiKey": "abc"}}})
    client.get_all_networks()
    client.add_or_update_networks({"self": None, "remotes": None})
    client.update_chat_workspace_settings("guide", {"source": "openAi", "apiKey": "sk-very-secret-key"})
    client.get_chat_workspace_settings("guide")
    client.get_chat_workspaces()
    client.create_chat_completion("nobody", [{"role": "user", "content": "hello"}])
    client.update_dynamic_search_rule("pinned", {"description": "first of all", "active": True, "actions": [
        {"selector": {"indexUid": "books", "id": "27"}, "action": {"type": "pin", "position": 1}}], "conditions": {"query": {"isEmpty": True}}})
    client.get_dynamic_search_rule("pinned")
    client.get_dynamic_search_rules()
    client.delete_dynamic_search_rule("pinned")
    client.get_dynamic_search_rules()
    client.render_template({"kind": "inlineDocumentTemplate", "inline": "{{ doc.title }}"}, {"kind": "indexDocument", "indexUid": "books", "id": "27"})
    client.update_experimental_features({"editDocumentsByFunction": False, "chatCompletions": False, "network": False, "dynamicSearchRules": False, "renderRoute": False})
    client.create_dump()
    client.create_snapshot()


def end(client, books, url):
    client.swap_indexes([{"indexes": ["books", "shelf"]}])
    client.index("shelf").search("emma")
    client.index("books").search("emma")
    client.swap_indexes([{"indexes": ["shelf", "nobody"]}])
    client.swap_indexes([{"indexes": ["shelf", "shelf"]}])
    client.swap_indexes([{"indexes": ["shelf", "archive"], "rename": True}])
    client.index("archive").search("emma")
    client.index("archive").compact()
    books.update(new_uid="empty")
    client.index("empty").update(primary_key="isbn")
    client.index("archive").update(primary_key="title")  # holds documents: fails as a task
    client.get_all_stats()
    client.index("archive").delete_all_documents()
    client.index("archive").search("")
    client.index("archive").delete()
    client.delete_index("empty")
    client.delete_index("empty")
    client.get_indexes()
    client.export(url, indexes={"nothing-*": {}})


def missing():
    public = {f"{kind.__name__}.{name}" for kind in (meilisearch.Client, Index)
              for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
    return len(public), sorted(public - Told.called - set(LEFT_OUT)), sorted(set(LEFT_OUT) & Told.called)


def main():
    url, key = sys.argv[1:3]
    client = connect(url, key)
    books = begin(client)
    Told.called.add("Client.index")
    settings(client, books)
    ingest(books)
    change(client.index("shelf"))
    search(client, books)
    keys(client, url)
    tasks(client, books)
    instance(client)
    end(client, books, url)
    methods, uncalled, idle = missing()
    tell(methods=methods, uncalled=uncalled, idle=idle, left_out=LEFT_OUT)


if __name__ == "__main__":
    main()

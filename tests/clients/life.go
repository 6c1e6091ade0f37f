// The life of an application through the published Go client, told as one JSON line a call.
//
//	life URL MASTER_KEY
//
// Every method of the client's interfaces is called, alone and with a context; the last line lists those that were not.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"
)

//go:embed library.json
var library []byte

const (
	keyUID   = "6062abda-a5aa-4414-ac91-ecd7944c0f8d"
	interval = 5 * time.Millisecond
)

type object = map[string]interface{}

var (
	called  = map[string]bool{}
	leftOut = map[string]string{
		"ServiceManager.Close": "ends the client: called after the last line",
	}
)

// An argument that the client fills in; told as the result.
type into struct{ place interface{} }

func tell(line object) {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	if err := out.Encode(line); err != nil {
		panic(err)
	}
}

// A part of the client, called by name so that what was called is known.
type part struct {
	kind  string
	inner interface{}
	waits meilisearch.ServiceManager
	of    string
}

func connect(url, key, of string, options ...meilisearch.Option) part {
	service := meilisearch.New(url, append([]meilisearch.Option{meilisearch.WithAPIKey(key), meilisearch.DisableRetries()}, options...)...)
	return part{"ServiceManager", service, service, of}
}

func (p part) index(uid string) part {
	called["ServiceManager.Index"] = true
	return part{"IndexManager", p.inner.(meilisearch.ServiceManager).Index(uid), p.waits, p.of}
}

// Calls the method, then its variant with a context. What the first one returned is handed on.
func (p part) do(method string, arguments ...interface{}) interface{} {
	first := p.one(method, arguments)
	if reflect.ValueOf(p.inner).MethodByName(method + "WithContext").IsValid() {
		p.one(method+"WithContext", append([]interface{}{context.Background()}, arguments...))
	}
	return first
}

func (p part) one(method string, arguments []interface{}) interface{} {
	called[p.kind+"."+method] = true
	if method := strings.TrimSuffix(method, "WithContext"); method == "UpdateSearchRule" || method == "DeleteSearchRule" {
		defer p.settle() // the client does not tell their tasks
	}
	function := reflect.ValueOf(p.inner).MethodByName(method)
	if !function.IsValid() {
		panic("no method " + method)
	}
	var results []interface{}
	values := make([]reflect.Value, len(arguments))
	for i, argument := range arguments {
		if filled, is := argument.(into); is {
			results = append(results, filled.place)
			argument = filled.place
		}
		if reader, is := argument.(string); is && function.Type().In(i).String() == "io.Reader" {
			argument = strings.NewReader(reader)
		}
		if argument == nil {
			values[i] = reflect.Zero(function.Type().In(i))
		} else {
			values[i] = reflect.ValueOf(argument)
		}
	}
	for _, result := range function.Call(values) {
		if err, failed := result.Interface().(error); failed {
			tell(object{"do": p.kind + "." + method, "of": p.of, "error": toldError(err)})
			return nil
		}
		if !result.Type().Implements(reflect.TypeOf((*error)(nil)).Elem()) {
			results = append(results, result.Interface())
		}
	}
	return p.finish(method, results)
}

func (p part) finish(method string, results []interface{}) interface{} {
	if len(results) == 0 {
		tell(object{"do": p.kind + "." + method, "of": p.of, "got": nil})
		return nil
	}
	tell(object{"do": p.kind + "." + method, "of": p.of, "got": plain(results[0])})
	switch task := results[0].(type) {
	case *meilisearch.TaskInfo:
		p.wait(task.TaskUID)
	case []meilisearch.TaskInfo:
		for _, one := range task {
			p.wait(one.TaskUID)
		}
	}
	return results[0]
}

func (p part) wait(uid int64) {
	limit, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	task, err := p.waits.WaitForTaskWithContext(limit, uid, interval)
	if err != nil {
		panic(err)
	}
	tell(object{"do": "wait", "of": p.of, "got": task})
}

// Waits until no task is under way, and tells nothing of it.
func (p part) settle() {
	open := &meilisearch.TasksQuery{Statuses: []meilisearch.TaskStatus{meilisearch.TaskStatusEnqueued, meilisearch.TaskStatusProcessing}}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(interval) {
		found, err := p.waits.GetTasks(open)
		if err != nil {
			panic(err)
		}
		if len(found.Results) == 0 {
			return
		}
		if time.Now().After(end) {
			panic("tasks do not end")
		}
	}
}

// What is a client itself has nothing to tell.
func plain(value interface{}) interface{} {
	switch kind := value.(type) {
	case *meilisearch.IndexResult:
		return object{"uid": kind.UID, "primaryKey": kind.PrimaryKey, "createdAt": kind.CreatedAt, "updatedAt": kind.UpdatedAt}
	case *meilisearch.IndexesResults:
		var all []interface{}
		for _, one := range kind.Results {
			all = append(all, plain(one))
		}
		return object{"results": all, "offset": kind.Offset, "limit": kind.Limit, "total": kind.Total}
	}
	if reflect.TypeOf(value).Kind() == reflect.Ptr && strings.HasPrefix(reflect.TypeOf(value).String(), "*meilisearch.") {
		if text, err := json.Marshal(value); err == nil && string(text) == "{}" {
			return "a part of the client"
		}
	}
	return value
}

func toldError(err error) object {
	told := object{"text": err.Error()}
	if is, ok := err.(*meilisearch.Error); ok {
		told = object{"code": is.MeilisearchApiError.Code, "text": is.MeilisearchApiError.Message, "status": is.StatusCode}
	}
	return told
}

func pointer[T any](value T) *T { return &value }

func books() []object {
	var all []object
	if err := json.Unmarshal(library, &all); err != nil {
		panic(err)
	}
	return all
}

func ndjson(documents []object) []byte {
	var out bytes.Buffer
	for _, document := range documents {
		line, _ := json.Marshal(document)
		out.Write(append(line, '\n'))
	}
	return out.Bytes()
}

func begin(c part) part {
	for _, room := range []string{"ServiceReader", "TaskManager", "TaskReader", "KeyManager", "KeyReader", "SearchRulesManager",
		"SearchRulesReader", "ChatManager", "ChatReader", "WebhookManager", "WebhookReader"} {
		c.do(room)
	}
	c.do("Health")
	c.do("IsHealthy")
	c.do("Version")
	c.do("GetStats", nil)
	c.do("CreateIndex", &meilisearch.IndexConfig{Uid: "books", PrimaryKey: "id"})
	c.do("CreateIndex", &meilisearch.IndexConfig{Uid: "shelf", PrimaryKey: "id"})
	c.do("CreateIndex", &meilisearch.IndexConfig{Uid: "not a name"})
	c.do("ListIndexes", &meilisearch.IndexesQuery{Limit: 5})
	c.do("GetRawIndexes", &meilisearch.IndexesQuery{Limit: 5})
	c.do("GetIndex", "books")
	c.do("GetRawIndex", "books")
	c.do("GetIndex", "nobody")
	b := c.index("books")
	for _, room := range []string{"GetIndexReader", "GetTaskReader", "GetDocumentManager", "GetDocumentReader", "GetSettingsManager",
		"GetSettingsReader", "GetSearch"} {
		b.do(room)
	}
	b.do("FetchInfo")
	b.do("FetchPrimaryKey")
	b.do("GetStats", nil)
	return b
}

func settings(c, b part) {
	s := c.index("shelf")
	s.do("GetSettings")
	for _, setting := range []struct {
		name  string
		value interface{}
	}{
		{"RankingRules", &[]string{"words", "typo", "proximity", "attribute", "sort", "exactness", "year:desc"}},
		{"DistinctAttribute", "author"},
		{"SearchableAttributes", &[]string{"title", "author"}},
		{"DisplayedAttributes", &[]string{"id", "title"}},
		{"StopWords", &[]string{"the", "of"}},
		{"Synonyms", &map[string][]string{"novel": {"book"}, "sea": {"ocean"}}},
		{"FilterableAttributes", &[]interface{}{"genre", meilisearch.AttributeRule{AttributePatterns: []string{"ye*"},
			Features: meilisearch.AttributeFeatures{Filter: meilisearch.FilterFeatures{Equality: true, Comparison: true}}}}},
		{"SortableAttributes", &[]string{"year", "price"}},
		{"TypoTolerance", &meilisearch.TypoTolerance{Enabled: true, MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 4, TwoTypos: 9},
			DisableOnWords: []string{"emma"}, DisableOnAttributes: []string{}}},
		{"Pagination", &meilisearch.Pagination{MaxTotalHits: 30}},
		{"Faceting", &meilisearch.Faceting{MaxValuesPerFacet: 3, SortFacetValuesBy: map[string]meilisearch.SortFacetType{"genre": "count"}}},
		{"Embedders", map[string]meilisearch.Embedder{"taste": {Source: "userProvided", Dimensions: 3}}},
		{"SearchCutoffMs", int64(1500)},
		{"SeparatorTokens", []string{"|", "&sep"}},
		{"NonSeparatorTokens", []string{"#", "@"}},
		{"Dictionary", []string{"J. R. R.", "H. G."}},
		{"ProximityPrecision", meilisearch.ByAttribute},
		{"LocalizedAttributes", []*meilisearch.LocalizedAttributes{{Locales: []string{"eng"}, AttributePatterns: []string{"title"}}}},
		{"PrefixSearch", "disabled"},
		{"FacetSearch", false},
	} {
		s.do("Get" + setting.name)
		s.do("Update"+setting.name, setting.value)
		s.do("Get" + setting.name)
		s.do("Reset" + setting.name)
		s.do("Get" + setting.name)
	}
	s.do("ResetSettings")
	b.do("UpdateSettings", &meilisearch.Settings{
		FilterableAttributes: []string{"genre", "year", "author", "country", "_geo", "id"},
		SortableAttributes:   []string{"year", "price", "_geo"},
		SearchableAttributes: []string{"title", "author", "genre"},
		Embedders:            map[string]meilisearch.Embedder{"taste": {Source: "userProvided", Dimensions: 3}},
		Synonyms:             map[string][]string{"whale": {"moby"}},
		FacetSearch:          true,
	})
	b.do("GetSettings")
}

func ingest(b part) {
	all := books()
	key := &meilisearch.DocumentOptions{PrimaryKey: pointer("id"), TaskCustomMetadata: "first"}
	b.do("AddDocuments", all[:10], key)
	b.do("AddDocumentsInBatches", all[10:20], 5, key)
	b.do("AddDocumentsNdjson", ndjson(all[20:25]), nil)
	b.do("AddDocumentsNdjsonInBatches", ndjson(all[25:30]), 3, nil)
	b.do("AddDocumentsNdjsonFromReader", string(ndjson(all[30:35])), nil)
	b.do("AddDocumentsNdjsonFromReaderInBatches", string(ndjson(all[35:])), 3, nil)
	b.do("AddDocuments", []object{{"title": "without a key"}}, nil)
	b.do("AddDocuments", []object{{"id": "not allowed!"}}, nil)
	b.do("GetStats", nil)
	b.do("GetDocument", "27", &meilisearch.DocumentQuery{Fields: []string{"title", "year"}, RetrieveVectors: true}, into{&object{}})
	b.do("GetDocument", "12345", nil, into{&object{}})
	b.do("GetDocuments", &meilisearch.DocumentsQuery{Limit: 4, Offset: 7, Fields: []string{"id", "title"}}, into{&meilisearch.DocumentsResult{}})
	b.do("GetDocuments", &meilisearch.DocumentsQuery{Filter: "genre = horror", Fields: []string{"title"}}, into{&meilisearch.DocumentsResult{}})
}

func change(s part) {
	csv := "id;title;author;year:number\n101;\"Odd; Even\";Nobody;2001\n102;Plain;Nobody;2002\n"
	how := &meilisearch.CsvDocumentsQuery{PrimaryKey: "id", CsvDelimiter: ";"}
	s.do("AddDocumentsCsv", []byte(csv), how)
	s.do("AddDocumentsCsvInBatches", []byte(csv), 1, how)
	s.do("AddDocumentsCsvFromReader", csv, how)
	s.do("AddDocumentsCsvFromReaderInBatches", csv, 1, how)
	s.do("UpdateDocuments", []object{{"id": 101, "genre": "trial"}, {"id": 103, "genre": "trial"}}, nil)
	s.do("UpdateDocuments", []object{{"id": 999, "title": "not made"}}, &meilisearch.DocumentOptions{SkipCreation: true})
	s.do("UpdateDocumentsInBatches", []object{{"id": 101, "price": 1}, {"id": 102, "price": 2}}, 1, nil)
	s.do("UpdateDocumentsCsv", []byte("id;price:number\n101;3\n"), how)
	s.do("UpdateDocumentsCsvInBatches", []byte("id;price:number\n101;3\n102;4\n"), 1, how)
	s.do("UpdateDocumentsNdjson", ndjson([]object{{"id": 102, "country": "Nowhere"}}), nil)
	s.do("UpdateDocumentsNdjsonInBatches", ndjson([]object{{"id": 101, "country": "Nowhere"}, {"id": 102, "country": "Utopia"}}), 1, nil)
	s.do("GetDocuments", &meilisearch.DocumentsQuery{}, into{&meilisearch.DocumentsResult{}})
	s.do("UpdateFilterableAttributes", &[]interface{}{"genre", "id"})
	s.do("DeleteDocument", "101", nil)
	s.do("DeleteDocuments", []string{"102", "104"}, nil)
	s.do("DeleteDocumentsByFilter", "genre = trial", nil)
	s.do("DeleteDocumentsByFilter", "price = 1", nil)
	s.do("AddDocuments", []object{{"id": "a", "title": "Emma, a study"}}, nil)
}

func search(c, b part) {
	ask := func(query string, request meilisearch.SearchRequest) { b.do("Search", query, &request) }
	ask("the", meilisearch.SearchRequest{})
	ask("the", meilisearch.SearchRequest{Offset: 1, Limit: 3})
	ask("adventure of", meilisearch.SearchRequest{AttributesToHighlight: []string{"*"}, AttributesToCrop: []string{"title"}, CropLength: 2, ShowMatchesPosition: true})
	ask("jules", meilisearch.SearchRequest{Filter: "year > 1865", Sort: []string{"year:asc"}})
	ask("prid and prejudise", meilisearch.SearchRequest{ShowRankingScore: true, ShowRankingScoreDetails: true, Limit: 2})
	ask("", meilisearch.SearchRequest{Facets: []string{"genre", "year"}, HitsPerPage: pointer(int64(7)), Page: 2})
	ask("", meilisearch.SearchRequest{Distinct: "author", Limit: 40, AttributesToRetrieve: []string{"author", "title"}})
	ask("", meilisearch.SearchRequest{Sort: []string{"_geoPoint(48.8, 2.3):asc", "year:desc"}, Limit: 5, AttributesToRetrieve: []string{"title"}})
	ask("island", meilisearch.SearchRequest{MatchingStrategy: meilisearch.All, AttributesToSearchOn: []string{"title"}})
	ask("sea", meilisearch.SearchRequest{Hybrid: &meilisearch.SearchRequestHybrid{Embedder: "taste", SemanticRatio: 0.5}, Vector: []float32{0.6, 0.9, 0.9}, Limit: 5})
	ask("x", meilisearch.SearchRequest{Filter: "price > 3"})
	b.do("SearchRaw", "emma", &meilisearch.SearchRequest{Limit: 1})
	b.do("SearchSimilarDocuments", &meilisearch.SimilarDocumentQuery{Id: 14, Embedder: "taste", Limit: 4}, into{&meilisearch.SimilarDocumentResult{}})
	b.do("FacetSearch", &meilisearch.FacetSearchRequest{FacetName: "author", FacetQuery: "ja"})
	b.do("FacetSearch", &meilisearch.FacetSearchRequest{FacetName: "price"})
	c.index("nobody").do("Search", "x", &meilisearch.SearchRequest{})
	c.do("MultiSearch", &meilisearch.MultiSearchRequest{Queries: []*meilisearch.SearchRequest{
		{IndexUID: "books", Query: "emma"}, {IndexUID: "shelf"}, {IndexUID: "books", Facets: []string{"genre"}, Limit: 1}}})
	c.do("MultiSearch", &meilisearch.MultiSearchRequest{
		Federation: &meilisearch.MultiSearchFederation{Limit: 6, FacetsByIndex: map[string][]string{"books": {"genre"}}},
		Queries: []*meilisearch.SearchRequest{{IndexUID: "books", Query: "island"},
			{IndexUID: "books", Query: "sea", FederationOptions: &meilisearch.SearchFederationOptions{Weight: 0.5}}}})
}

func keys(c part, url string) {
	c.do("GetKeys", nil)
	made := c.do("CreateKey", &meilisearch.Key{UID: keyUID, Name: "readers", Description: "searches books", Actions: []string{"search"}, Indexes: []string{"books"}})
	key := made.(*meilisearch.Key)
	c.do("GetKey", keyUID)
	c.do("GetKey", key.Key)
	c.do("GetKeys", &meilisearch.KeysQuery{Limit: 1, Offset: 1})
	c.do("UpdateKey", keyUID, &meilisearch.Key{Name: "visitors"})
	c.do("CreateKey", &meilisearch.Key{Actions: []string{"everything"}, Indexes: []string{"books"}})
	visitor := connect(url, key.Key, "visitor")
	visitor.index("books").do("Search", "emma", &meilisearch.SearchRequest{})
	visitor.index("shelf").do("Search", "emma", &meilisearch.SearchRequest{})
	visitor.do("GetStats", nil)
	called["ServiceManager.GenerateTenantToken"] = true // not told: it holds the hour
	rules := object{"books": object{"filter": "genre = romance"}}
	options := &meilisearch.TenantTokenOptions{APIKey: key.Key, ExpiresAt: time.Now().Add(24 * time.Hour)}
	token, err := c.waits.GenerateTenantToken(keyUID, rules, options)
	if err != nil {
		panic(err)
	}
	tenant := connect(url, token, "tenant")
	tenant.index("books").do("Search", "", &meilisearch.SearchRequest{Facets: []string{"genre"}, AttributesToRetrieve: []string{"title"}})
	tenant.index("books").do("Search", "", &meilisearch.SearchRequest{Filter: "genre = horror"})
	tenant.index("shelf").do("Search", "", &meilisearch.SearchRequest{})
	tenant.do("GetKeys", nil)
	connect(url, "wrong", "stranger").index("books").do("Search", "", &meilisearch.SearchRequest{})
	for _, encoding := range []meilisearch.ContentEncoding{meilisearch.GzipEncoding, meilisearch.DeflateEncoding, meilisearch.BrotliEncoding} {
		packed := connect(url, key.Key, "packed "+encoding.String(), meilisearch.WithContentEncoding(encoding, meilisearch.DefaultCompression))
		packed.index("books").do("Search", "sea", &meilisearch.SearchRequest{})
	}
	c.do("DeleteKey", keyUID)
	tenant.index("books").do("Search", "", &meilisearch.SearchRequest{})
}

func tasks(c, b part) {
	c.do("GetTasks", &meilisearch.TasksQuery{Limit: 3})
	c.do("GetTasks", &meilisearch.TasksQuery{Statuses: []meilisearch.TaskStatus{"failed"}, Limit: 100})
	c.do("GetTasks", &meilisearch.TasksQuery{Types: []meilisearch.TaskType{"settingsUpdate"}, IndexUIDS: []string{"books"}, Reverse: true})
	c.do("GetTask", int64(3))
	c.do("GetTask", int64(123456))
	c.do("WaitForTask", int64(3), interval)
	b.do("GetTasks", &meilisearch.TasksQuery{Limit: 2})
	b.do("GetTask", int64(3))
	b.do("WaitForTask", int64(3), interval)
	c.do("GetTaskDocuments", int64(123456), into{&[]object{}})
	c.do("GetBatches", &meilisearch.BatchesQuery{Limit: 2})
	c.do("GetBatch", 1)
	c.do("CancelTasks", &meilisearch.CancelTasksQuery{UIDS: []int64{1, 2}})
	c.do("DeleteTasks", &meilisearch.DeleteTasksQuery{IndexUIDS: []string{"shelf"}, Statuses: []meilisearch.TaskStatus{"succeeded"}})
	c.do("DeleteTasks", &meilisearch.DeleteTasksQuery{})
}

func features(c part, on bool) {
	called["ServiceManager.ExperimentalFeatures"] = true
	wanted := c.waits.ExperimentalFeatures()
	f := part{"ExperimentalFeatures", wanted, c.waits, c.of}
	for _, name := range []string{"SetDynamicSearchRules", "SetLogsRoute", "SetMetrics", "SetEditDocumentsByFunction", "SetContainsFilter",
		"SetNetwork", "SetCompositeEmbedders", "SetChatCompletions", "SetMultiModal", "SetGetTaskDocumentsRoute"} {
		f.do(name, on)
	}
	f.do("Update")
	f.do("Get")
}

func instance(c part) {
	features(c, true)
	c.index("books").do("UpdateDocumentsByFunction", &meilisearch.UpdateDocumentByFunctionRequest{Function: "doc.price += 1", Filter: "genre = poetry"})
	c.do("GetTaskDocuments", int64(3), into{&[]object{}})
	c.do("ListWebhooks")
	hook := c.do("AddWebhook", &meilisearch.AddWebhookRequest{URL: "http://127.0.0.1:9/hook", Headers: map[string]string{"authorization": "very secret"}}).(*meilisearch.Webhook)
	c.do("GetWebhook", hook.UUID)
	c.do("UpdateWebhook", hook.UUID, &meilisearch.UpdateWebhookRequest{URL: "http://127.0.0.1:9/other"})
	c.do("ListWebhooks")
	c.do("DeleteWebhook", hook.UUID)
	c.do("GetNetwork")
	c.do("UpdateNetwork", &meilisearch.UpdateNetworkRequest{Self: meilisearch.String("one"),
		Remotes: meilisearch.NewOpt(map[string]meilisearch.Opt[meilisearch.UpdateRemote]{
			"one": meilisearch.NewOpt(meilisearch.UpdateRemote{URL: meilisearch.String("http://127.0.0.1:9")})})})
	c.do("GetNetwork")
	c.do("UpdateNetwork", &meilisearch.UpdateNetworkRequest{Self: meilisearch.Null[string](), Remotes: meilisearch.Null[map[string]meilisearch.Opt[meilisearch.UpdateRemote]]()})
	c.do("UpdateChatWorkspace", "guide", &meilisearch.ChatWorkspaceSettings{Source: "openAi", ApiKey: "sk-very-secret-key"})
	c.do("GetChatWorkspaceSettings", "guide")
	c.do("GetChatWorkspace", "guide")
	c.do("ListChatWorkspaces", nil)
	c.do("ChatCompletionStream", "nobody", &meilisearch.ChatCompletionQuery{Model: "any", Stream: true,
		Messages: []*meilisearch.ChatCompletionMessage{{Role: "user", Content: "hello"}}})
	c.do("ResetChatWorkspace", "guide")
	c.do("UpdateSearchRule", "pinned", &meilisearch.SearchRulesRequest{Description: "first of all", Active: pointer(true),
		Actions: []meilisearch.Action{{Selector: meilisearch.Selector{IndexUid: "books", ID: "27"}, Action: meilisearch.ActionDef{Type: "pin", Position: 1}}}})
	c.do("GetSearchRule", "pinned")
	c.do("ListSearchRules", &meilisearch.SearchRulesParams{Limit: 5})
	c.do("DeleteSearchRule", "pinned")
	features(c, false)
	c.do("CreateDump")
	c.do("CreateSnapshot")
}

func end(c part, url string) {
	c.do("SwapIndexes", []*meilisearch.SwapIndexesParams{{Indexes: []string{"books", "shelf"}}})
	c.index("books").do("Search", "emma", &meilisearch.SearchRequest{})
	c.do("SwapIndexes", []*meilisearch.SwapIndexesParams{{Indexes: []string{"books", "nobody"}}})
	c.do("SwapIndexes", []*meilisearch.SwapIndexesParams{{Indexes: []string{"books", "archive"}, Rename: true}})
	archive := c.index("archive")
	archive.do("Compact")
	c.index("shelf").do("UpdateIndex", &meilisearch.UpdateIndexRequestParams{UID: "empty"})
	archive.do("UpdateIndex", &meilisearch.UpdateIndexRequestParams{PrimaryKey: "title"}) // holds documents: fails as a task
	archive.do("DeleteAllDocuments", nil)
	archive.do("Search", "", &meilisearch.SearchRequest{})
	archive.do("Delete", "archive")
	c.do("DeleteIndex", "empty")
	c.do("GetStats", nil)
	c.do("ListIndexes", nil)
	c.do("Export", &meilisearch.ExportParams{URL: url, Indexes: map[string]meilisearch.IndexExportOptions{"nothing-*": {}}})
}

func main() {
	c := connect(os.Args[1], os.Args[2], "master")
	b := begin(c)
	settings(c, b)
	ingest(b)
	change(c.index("shelf"))
	search(c, b)
	keys(c, os.Args[1])
	tasks(c, b)
	instance(c)
	end(c, os.Args[1])
	methods, uncalled := 0, []string{}
	for kind, of := range map[string]reflect.Type{
		"ServiceManager":       reflect.TypeOf((*meilisearch.ServiceManager)(nil)).Elem(),
		"IndexManager":         reflect.TypeOf((*meilisearch.IndexManager)(nil)).Elem(),
		"ExperimentalFeatures": reflect.TypeOf(&meilisearch.ExperimentalFeatures{}),
	} {
		for i := 0; i < of.NumMethod(); i++ {
			methods++
			name := kind + "." + of.Method(i).Name
			if _, reasoned := leftOut[name]; !called[name] && !reasoned {
				uncalled = append(uncalled, name)
			}
		}
	}
	sort.Strings(uncalled)
	idle := []string{}
	for name := range leftOut {
		if called[name] {
			idle = append(idle, name)
		}
	}
	tell(object{"methods": methods, "uncalled": uncalled, "idle": idle, "left_out": leftOut})
	c.waits.Close()
	fmt.Fprintln(os.Stderr, "done")
}

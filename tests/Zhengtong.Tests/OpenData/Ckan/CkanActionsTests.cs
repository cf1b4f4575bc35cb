using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Zhengtong.OpenData.Ckan;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Ckan;

[OnDatabase]
public sealed class CkanActionsTests(PlatformFixture platform)
{
    private const string ShortOrganisation = """{"id":"","name":"","title":"","type":"organization","description":"","image_url":"","created":"","is_organization":true,"approval_status":"approved","state":"active"}""";

    private const string ShortGroup = """{"id":"","name":"","title":"","display_name":"","description":"","image_display_url":""}""";

    private const string Resource = """
        {"id":"","package_id":"","position":0,"name":"","description":"","format":"CSV","mimetype":"","mimetype_inner":null,"url":"","url_type":"upload","resource_type":null,"size":1,"hash":"","state":"active",
         "created":"","last_modified":"","metadata_modified":"","cache_url":null,"cache_last_updated":null,"datastore_active":true}
        """;

    private const string Package = $$$"""
        {"id":"","name":"","title":"","type":"dataset","state":"active","notes":"","url":"","version":"1","private":false,"isopen":true,"author":"","author_email":"","maintainer":"","maintainer_email":"","creator_user_id":null,
         "license_id":"","license_title":"","license_url":"","owner_org":"","organization":{{{ShortOrganisation}}},"groups":[{{{ShortGroup}}}],
         "tags":[{"id":"","name":"","display_name":"","vocabulary_id":null,"state":"active"}],"num_tags":1,"extras":[{"key":"","value":""}],"metadata_created":"","metadata_modified":"",
         "relationships_as_subject":[],"relationships_as_object":[],"num_resources":1,"resources":[{{{Resource}}}]}
        """;

    private const string Group = """
        {"id":"","name":"","title":"","display_name":"","type":"","description":"","image_url":"","image_display_url":"","created":null,"is_organization":true,"approval_status":"approved","state":"active","package_count":1,
         "num_followers":0,"extras":[],"groups":[],"users":[],"tags":[]}
        """;

    /// <summary>Every action that reads, as clients call it, and the form of its result. {id} {name} {resource} {org} {slug} {table} are filled in.</summary>
    private static readonly (string Call, string Form)[] Golden =
    [
        ("package_search?fq=name:{name}&facet.field=tags", $$$$"""{"count":1,"facets":{"tags":{"公园":1,"绿地":1}},"results":[{{{{Package}}}}],"sort":"","search_facets":{"tags":{"title":"tags","items":[{"name":"","display_name":"","count":1}]}}}"""),
        ("package_list", """[""]"""),
        ("package_list?limit=1&offset=0", """[""]"""),
        ("current_package_list_with_resources?limit=1000", $"[{Package}]"),
        ("package_show?id={id}", Package),
        ("package_show?id={name}&use_default_schema=true&include_tracking=true", Package),
        ("package_autocomplete?q={name}", """[{"name":"","title":"","match_field":"","match_displayed":""}]"""),
        ("package_relationships_list?id={id}", "[]"),
        ("resource_show?id={resource}", Resource),
        ("resource_search?query=name:{name}", $$$"""{"count":1,"results":[{{{Resource}}}]}"""),
        ("resource_view_list?id={resource}", "[]"),
        ("organization_list", """[""]"""),
        ("organization_list?all_fields=true&organizations={slug}&include_extras=true&include_users=true&sort=package_count%20desc", $"[{Group}]"),
        ("organization_show?id={slug}", Group),
        ("organization_show?id={org}&include_followers=false", Group),
        ("organization_show?id={slug}&include_dataset_count=false", Group.Replace("\"package_count\":1,", "", StringComparison.Ordinal)),
        ("organization_show?id={slug}&include_datasets=true", Group.Insert(Group.LastIndexOf('}'), $",\"packages\":[{Package}]")),
        ("organization_autocomplete?q={slug}", """[{"id":"","name":"","title":""}]"""),
        ("organization_list_for_user?permission=read", "[]"),
        ("group_list", """[""]"""),
        ("group_list?all_fields=true&groups=environment", $"[{Group}]"),
        ("group_show?id=environment", Group),
        ("group_package_show?id=environment&limit=1000", $"[{Package}]"),
        ("group_autocomplete?q=env", """[{"id":"","name":"","title":""}]"""),
        ("group_list_authz", "[]"),
        ("member_list?id={slug}", """[[""]]"""),
        ("member_list?id={slug}&object_type=user", "[]"),
        ("tag_list", """[""]"""),
        ("tag_list?all_fields=true&query=公园", """[{"id":"","name":"","display_name":"","vocabulary_id":null}]"""),
        ("tag_show?id=公园", """{"id":"","name":"","display_name":"","vocabulary_id":null}"""),
        ("tag_search?query=公园&limit=1", """{"count":1,"results":[{"id":"","name":"","display_name":"","vocabulary_id":null}]}"""),
        ("tag_autocomplete?query=公", """[""]"""),
        ("vocabulary_list", "[]"),
        ("license_list", """
            [{"id":"","title":"","url":"","status":"active","family":"","maintainer":"","is_generic":"False","domain_content":"","domain_data":"","domain_software":"","od_conformance":"","osd_conformance":""}]
            """),
        ("format_autocomplete?q=c", """[""]"""),
        ("user_autocomplete?q=a", "[]"),
        ("user_list", "[]"),
        ("dataset_follower_count?id={id}", "0"),
        ("group_follower_count?id=environment", "0"),
        ("organization_follower_count?id={slug}", "0"),
        ("user_follower_count?id=x", "0"),
        ("followee_count?id=x", "0"),
        ("am_following_dataset?id={id}", "false"),
        ("am_following_group?id=environment", "false"),
        ("am_following_organization?id={slug}", "false"),
        ("am_following_user?id=x", "false"),
        ("status_show", """{"site_title":"","site_description":"","site_url":"","ckan_version":"","error_emails_to":null,"locale_default":"","extensions":[""]}"""),
        ("site_read", "true"),
        ("help_show?name=package_show", "\"\""),
    ];

    /// <summary>Actions whose form another test shows.</summary>
    private static readonly string[] Elsewhere = ["datastore_search", "datastore_info", "datastore_search_sql", "package_collaborator_list", "resource_view_show", "vocabulary_show", "user_show", "api_token_list"];

    [Fact]
    public async Task Get_EveryAction_AnswersInItsForm()
    {
        var (dataset, slug, organisation) = await Made();
        var client = platform.Visitor();
        foreach (var (call, form) in Golden)
        {
            var filled = call.Replace("{id}", dataset.Id.ToString(), StringComparison.Ordinal).Replace("{name}", dataset.Name, StringComparison.Ordinal).Replace("{resource}", dataset[0].Id.ToString(), StringComparison.Ordinal)
                .Replace("{org}", organisation.ToString(), StringComparison.Ordinal).Replace("{slug}", slug, StringComparison.Ordinal);
            var result = Own(await client.Result(filled));
            CkanCalls.Difference(result, JsonDocument.Parse(form).RootElement).ShouldBeNull($"{filled}: {result}");
            if (!filled.Contains('?', StringComparison.Ordinal)) { continue; }
            // The old address, and every parameter in a JSON body.
            var old = await client.GetFromJsonAsync<JsonElement>($"/api/action/{filled}");
            old.GetProperty("success").GetBoolean().ShouldBeTrue(filled);
            var parameters = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(filled.Split('?')[1]).ToDictionary(p => p.Key, p => p.Value.ToString());
            CkanCalls.Difference(Own(await client.PostResult(filled.Split('?')[0], parameters)), JsonDocument.Parse(form).RootElement).ShouldBeNull($"POST {filled}");

            // What others publish meanwhile is of another form.
            JsonElement Own(JsonElement answer) => filled.StartsWith("current_package_list", StringComparison.Ordinal) || filled.StartsWith("group_package_show", StringComparison.Ordinal)
                ? JsonSerializer.SerializeToElement(answer.EnumerateArray().Where(p => p.GetProperty("id").GetGuid() == dataset.Id))
                : answer;
        }

        CkanActions.All.Where(a => a.Reads).Select(a => a.Name).Except(Golden.Select(g => g.Call.Split('?')[0])).Except(Elsewhere).ShouldBeEmpty("Show its form");
    }

    [Fact]
    public async Task Get_Package_SaysWhatThePublisherSaid()
    {
        var (dataset, slug, organisation) = await Made();
        var client = platform.Visitor();
        var p = await client.Result($"package_show?id={dataset.Name}");
        p.GetProperty("id").GetGuid().ShouldBe(dataset.Id);
        p.GetProperty("owner_org").GetGuid().ShouldBe(organisation);
        p.GetProperty("organization").GetProperty("name").GetString().ShouldBe(slug);
        p.GetProperty("metadata_modified").GetString()!.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$");
        p.GetProperty("tags").EnumerateArray().Select(t => t.GetProperty("name").GetString()).ShouldBe(["公园", "绿地"]);
        p.GetProperty("extras").EnumerateArray().ToDictionary(e => e.GetProperty("key").GetString()!, e => e.GetProperty("value").GetString())["update_frequency"].ShouldBe("yearly");
        var r = p.GetProperty("resources")[0];
        r.GetProperty("url").GetString().ShouldBe($"{platform.Address.ToString().TrimEnd('/')}/dataset/{dataset.Id}/resource/{dataset[0].Id}/download/{dataset.Name}.csv");
        r.GetProperty("hash").GetString().ShouldBe($"sha256:{dataset[0].Content}");
        r.GetProperty("datastore_active").GetBoolean().ShouldBeTrue();
        var next = await platform.PublishNextAsync(dataset, MadeFile.Text("other.txt", "x"));
        p = await client.Result($"package_show?id={dataset.Name}");
        p.GetProperty("version").GetString().ShouldBe("2");
        p.GetProperty("resources").EnumerateArray().Single().GetProperty("name").GetString().ShouldBe("other.txt");
        next[0].Id.ShouldBe(dataset[0].Id);
    }

    [Fact]
    public async Task Get_WhatIsNotGiven_IsDescribedOrNotThere()
    {
        var client = platform.Visitor();
        var department = await platform.Department();
        var file = MadeFile.Table("a.csv", [new("名称")], ["甲"]);
        var conditional = await platform.PublishAsync(department, Published.Description() with { OpenAttribute = OpenAttribute.Conditional, OpenCondition = "科研" }, file);
        var closed = await platform.PublishAsync(department, Published.Description() with { OpenAttribute = OpenAttribute.NotOpen, OpenCondition = "保密法" }, file);
        var withdrawn = await platform.PublishAsync(department, file);
        await platform.WithDb(async db =>
        {
            (await db.Datasets.FindAsync(withdrawn.Id))!.Withdraw(TimeProvider.System.GetUtcNow());
            db.Datasets.Add(new Dataset { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Name = $"draft-{withdrawn.Name}", PublisherId = department.Id, Description = Published.Description(), CreatedAt = TimeProvider.System.GetUtcNow(), ModifiedAt = TimeProvider.System.GetUtcNow() });
            return await db.SaveChangesAsync();
        });
        (await client.Result($"package_show?id={conditional.Id}")).GetProperty("resources")[0].GetProperty("datastore_active").GetBoolean().ShouldBeFalse();
        (await client.Result($"package_show?id={closed.Id}")).GetProperty("resources").GetArrayLength().ShouldBe(0);
        foreach (var table in (Guid[])[conditional[0].Id, closed[0].Id])
        {
            foreach (var action in (string[])["datastore_search?resource_id", "datastore_info?id"])
            {
                var (status, error) = await client.Refused($"{action}={table}");
                status.ShouldBe(403);
                error.GetProperty("__type").GetString().ShouldBe("Authorization Error");
                error.GetProperty("message").GetString().ShouldStartWith("Access denied");
            }

            (await client.GetAsync($"/datastore/dump/{table}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        foreach (var call in (string[])[$"package_show?id={withdrawn.Id}", $"package_show?id={withdrawn.Name}", $"package_show?id=draft-{withdrawn.Name}", $"resource_show?id={withdrawn[0].Id}", $"datastore_search?resource_id={withdrawn[0].Id}"])
        {
            var (status, error) = await client.Refused(call);
            status.ShouldBe(404, call);
            error.GetProperty("__type").GetString().ShouldBe("Not Found Error");
            error.GetProperty("message").GetString().ShouldStartWith("Not found");
        }

        (await client.Result("package_list")).EnumerateArray().Select(n => n.GetString()).ShouldNotContain(withdrawn.Name);
    }

    [Theory]
    [InlineData("package_search?foo=1", 400, "Search Query Error", "message", "Search Query is invalid: \"Invalid search parameters: ['foo']\"")]
    [InlineData("package_search?sort=foo desc", 400, "Search Query Error", "message", "Search Query is invalid: 'Invalid \"sort\" parameter'")]
    [InlineData("package_search?q=title:(", 409, "Search Error", "message", "Search error: ")]
    [InlineData("package_search?q={!lucene}a", 409, "Search Error", "message", "Search error: ")]
    [InlineData("package_search?rows=-1", 409, "Validation Error", "rows", "Must be a natural number")]
    [InlineData("package_search?rows=ten", 409, "Validation Error", "rows", "Invalid integer")]
    [InlineData("package_search?start=x&rows=-1", 409, "Validation Error", "start", "Invalid integer")]
    [InlineData("package_show", 409, "Validation Error", "name_or_id", "Missing value")]
    [InlineData("package_show?id=none-such", 404, "Not Found Error", "message", "Not found")]
    [InlineData("resource_show?id=none-such", 404, "Not Found Error", "message", "Not found: Resource \"none-such\" was not found.")]
    [InlineData("resource_show", 409, "Validation Error", "id", "Missing value")]
    [InlineData("resource_search", 409, "Validation Error", "query", "Missing value")]
    [InlineData("resource_search?query=foo:bar", 409, "Validation Error", "query", "Field \"foo\" not recognised in resource_search.")]
    [InlineData("organization_show?id=environment", 404, "Not Found Error", "message", "Not found")]
    [InlineData("organization_list?sort=foo", 409, "Validation Error", "sort", "Cannot sort by this field")]
    [InlineData("group_show?id=none", 404, "Not Found Error", "message", "Not found")]
    [InlineData("group_list?all_fields=maybe", 409, "Validation Error", "all_fields", "Invalid boolean")]
    [InlineData("package_autocomplete", 409, "Validation Error", "q", "Missing value")]
    [InlineData("help_show?name=none", 404, "Not Found Error", "message", "Not found: Action function not found")]
    [InlineData("user_show?id=admin", 404, "Not Found Error", "message", "Not found")]
    [InlineData("vocabulary_show?id=x", 404, "Not Found Error", "message", "Not found")]
    [InlineData("resource_view_show?id=x", 404, "Not Found Error", "message", "Not found")]
    [InlineData("api_token_list?user_id=x", 403, "Authorization Error", "message", "Access denied")]
    [InlineData("package_collaborator_list?id=x", 403, "Authorization Error", "message", "Access denied")]
    [InlineData("datastore_search", 409, "Validation Error", "resource_id", "Missing value")]
    [InlineData("datastore_search?resource_id=x&foo=1", 409, "Validation Error", "__extras", "invalid value \"foo\"")]
    [InlineData("datastore_search?resource_id=x", 404, "Not Found Error", "message", "Not found: Resource \"x\" was not found.")]
    [InlineData("datastore_search?resource_id=x&limit=-1", 409, "Validation Error", "limit", "Must be a natural number")]
    [InlineData("datastore_search?resource_id=x&offset=-1", 409, "Validation Error", "offset", "invalid value \"-1\"")]
    [InlineData("datastore_info?id=x", 404, "Not Found Error", "message", "Not found: Resource \"x\" was not found.")]
    public async Task Get_Wrong_IsRefusedInTheApisForm(string call, int status, string type, string key, string message)
    {
        var (actual, error) = await platform.Visitor().Refused(call);
        actual.ShouldBe(status, error.ToString());
        error.GetProperty("__type").GetString().ShouldBe(type);
        var said = error.GetProperty(key);
        (said.ValueKind == JsonValueKind.Array ? said[0].GetString() : said.GetString()).ShouldNotBeNull().ShouldStartWith(message);
    }

    [Fact]
    public async Task Call_BadRequests_AnswerAJsonText()
    {
        var client = platform.Visitor();
        (await Said(await client.GetAsync("/api/3/action/foo"))).ShouldBe("Bad request: Action name not known: foo");
        (await Said(await client.GetAsync("/api/action/package_create"))).ShouldBe("Bad request: JSON Error: Invalid request. Please use POST method for your request");
        (await Said(await client.PostAsync("/api/3/action/package_show", new StringContent("{bad", Encoding.UTF8, "application/json")))).ShouldStartWith("Bad request: JSON Error: Error decoding JSON data. ");
        (await Said(await client.PostAsync("/api/3/action/package_show", new StringContent("[1]", Encoding.UTF8, "application/json")))).ShouldBe("Bad request: JSON Error: Request data JSON decoded to [1] but it needs to be a dictionary.");
        (await Said(await client.PostAsync("/api/3/action/package_show", new StringContent("{\"id\":\"\\ud800\"}", Encoding.UTF8, "application/json")))).ShouldStartWith("Bad request: JSON Error: ");

        static async Task<string> Said(HttpResponseMessage response)
        {
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            return JsonSerializer.Deserialize<string>(await response.Content.ReadAsStringAsync())!;
        }
    }

    [Fact]
    public async Task Post_EveryWrite_NamesTheWorkbench()
    {
        var client = platform.Visitor();
        var writes = CkanActions.All.Where(a => !a.Reads).ToList();
        writes.Count.ShouldBeGreaterThan(50);
        foreach (var write in writes)
        {
            var (status, error) = await (await client.PostAsJsonAsync($"/api/3/action/{write.Name}", new { id = "x", name = "y" })).Refusal();
            status.ShouldBe(403, write.Name);
            error.GetProperty("__type").GetString().ShouldBe("Authorization Error");
            error.GetProperty("message").GetString()!.ShouldContain("/work");
        }
    }

    [Fact]
    public async Task Call_ParametersFromAnywhere_AreReadAsClientsWriteThem()
    {
        var (dataset, _, _) = await Made();
        var client = platform.Visitor();
        const string Show = "/api/3/action/package_show";
        foreach (var request in (Func<Task<HttpResponseMessage>>[])
        [
            () => client.PostAsync(Show, new FormUrlEncodedContent([new("id", dataset.Name)])),
            () => client.PostAsync(Show, new MultipartFormDataContent { { new StringContent(dataset.Name), "id" } }),
            () => client.PostAsJsonAsync(Show, new { id = dataset.Name, include_tracking = true }),
            () => client.PostAsync(Show, new StringContent($"{{\"id\":\"{dataset.Name}\"}}", Encoding.UTF8, "text/plain")),
            // An old client's JSON, sent as a form: encoded, with and without a value, and not encoded at all.
            () => client.PostAsync(Show, new StringContent(Uri.EscapeDataString($"{{\"id\":\"{dataset.Name}\"}}") + "=1", Encoding.UTF8, "application/x-www-form-urlencoded")),
            () => client.PostAsync(Show, new StringContent(Uri.EscapeDataString($"{{\"id\":\"{dataset.Name}\"}}"), Encoding.UTF8, "application/x-www-form-urlencoded")),
            () => client.PostAsync(Show, new StringContent($"{{\"id\":\"{dataset.Name}\"}}", Encoding.UTF8, "application/x-www-form-urlencoded")),
            // The address wins over a JSON body.
            () => client.PostAsJsonAsync($"{Show}?id={dataset.Name}", new { id = "none-such" }),
        ])
        {
            using var response = await request();
            var body = await response.Content.ReadAsStringAsync();
            response.StatusCode.ShouldBe(HttpStatusCode.OK, body);
            JsonDocument.Parse(body).RootElement.GetProperty("result").GetProperty("name").GetString().ShouldBe(dataset.Name);
        }

        // A repeated key is a list; a form wins over the address.
        (await client.Result($"resource_search?query=name:{dataset.Name}&query=format:csv")).GetProperty("count").GetInt32().ShouldBe(1);
        (await client.Result($"resource_search?query=name:{dataset.Name}&query=format:pdf")).GetProperty("count").GetInt32().ShouldBe(0);
        (await client.PostAsync($"{Show}?id={dataset.Name}", new FormUrlEncodedContent([new("id", "none-such")]))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.PostAsync("/api/3/action/package_list", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        // Other tests publish the same bytes.
        (await client.Result($"resource_search?query=hash:{dataset[0].Content.Value[..20]}&query=name:{dataset.Name}")).GetProperty("count").GetInt32().ShouldBe(1);
        (await client.Result($"resource_search?query=hash:{dataset[0].Content.Value[1..20]}")).GetProperty("count").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Get_Callback_IsWrapped()
    {
        var client = platform.Visitor();
        using var wrapped = await client.GetAsync("/api/3/action/site_read?callback=jQuery1.cb");
        wrapped.Content.Headers.NonValidated["Content-Type"].ToString().ShouldBe("application/javascript;charset=utf-8");
        var text = await wrapped.Content.ReadAsStringAsync();
        text.ShouldStartWith("jQuery1.cb({\"help\":");
        text.ShouldEndWith("\"result\":true});");
        using var hostile = await client.GetAsync("/api/3/action/site_read?callback=alert(1)//");
        hostile.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        using var refused = await client.GetAsync("/api/3/action/package_show?id=none-such&callback=f");
        refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        (await client.GetAsync("/api/3/action/package_search?callback=f")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Call_TokensAndOrigins_AreNoHindrance()
    {
        var client = platform.Visitor();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/3/action/site_read");
        request.Headers.TryAddWithoutValidation("Authorization", "3f6c2a0e-not-a-token");
        request.Headers.Add("X-CKAN-API-Key", "3f6c2a0e-not-a-token");
        request.Headers.Add("Origin", "https://elsewhere.example");
        using var response = await client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
        using var bearer = new HttpRequestMessage(HttpMethod.Get, "/api/3/action/site_read") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", "eyJhbGciOiJub25lIn0.e30.") } };
        (await client.SendAsync(bearer)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var preflight = await client.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/api/3/action/package_search"));
        preflight.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        preflight.Headers.GetValues("Access-Control-Allow-Headers").Single().ShouldContain("Authorization");
        (await client.GetAsync("/api/3/action/foo")).Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
    }

    [Fact]
    public async Task Get_VersionsAndCompletions_AnswerAtTheirOldAddresses()
    {
        var (dataset, slug, _) = await Made();
        var client = platform.Visitor();
        (await client.GetStringAsync("/api/3")).ShouldBe("{\"version\":3}");
        (await client.GetStringAsync("/api")).ShouldBe("{\"version\":1}");
        foreach (var root in (string[])["/api/util", "/api/1/util", "/api/2/util", "/api/3/util"])
        {
            (await client.GetFromJsonAsync<JsonElement>($"{root}/dataset/autocomplete?incomplete={dataset.Name}")).GetProperty("ResultSet").GetProperty("Result")[0].GetProperty("name").GetString().ShouldBe(dataset.Name);
            (await client.GetFromJsonAsync<JsonElement>($"{root}/tag/autocomplete?incomplete=公园")).GetProperty("ResultSet").GetProperty("Result")[0].GetProperty("Name").GetString().ShouldNotBeNull();
            (await client.GetFromJsonAsync<JsonElement>($"{root}/resource/format_autocomplete?incomplete=cs")).GetProperty("ResultSet").GetProperty("Result")[0].GetProperty("Format").GetString().ShouldBe("csv");
            (await client.GetFromJsonAsync<JsonElement>($"{root}/organization/autocomplete?q={slug}"))[0].GetProperty("name").GetString().ShouldBe(slug);
            (await client.GetStringAsync($"{root}/user/autocomplete?q=a")).ShouldBe("[]");
            (await client.GetStringAsync($"{root}/group/autocomplete")).ShouldBe("[]");
        }
    }

    [Fact]
    public async Task Call_TooOften_IsRefusedInTheApisForm()
    {
        await using var own = await OwnPlatform.StartAsync(b => b.Configuration["OpenData:Limits:VisitorPerMinute"] = "3");
        var client = own.Visitor();
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 8; i++) { answers.Add(await client.GetAsync("/api/3/action/site_read")); }
        var refused = answers.First(a => a.StatusCode == HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        var (_, error) = await refused.Refusal();
        error.GetProperty("__type").GetString().ShouldBe("Too Many Requests Error");
    }

    [Fact]
    public async Task Call_AnyParameters_NeverBreakIt()
    {
        var (dataset, _, _) = await Made();
        var client = platform.Visitor();
        var value = Gen.OneOf<string>(
            Gen.OneOf<string>("\"\"", "null", "true", "-1", "0", "1e999", "99999999999999999999", "1.5", "[]", "{}", "[null]", "[[1]]", "[{}]", "{\"a\":{\"b\":[]}}", "\"\\u0000\"", "\"%\"", "\"'\"", "\"\\\\\"", "\"_id\"", "\"[\"", "\"{\"", "\"a:b:c\"", "\"name:\"", "\"2026-99-99\"", "\"_table_metadata\""),
            Gen.String[0, 12].Select(s => JsonSerializer.Serialize(CkanRequest.Clean(s))),
            Gen.Char["():\"[]{}*~^+-!&|\\ aTO1水"].Array[0, 14].Select(c => new string(c)).Select(s => JsonSerializer.Serialize(s)),
            Gen.OneOf<string>(JsonSerializer.Serialize(dataset.Id), JsonSerializer.Serialize(dataset.Name), JsonSerializer.Serialize(dataset[1].Id), "\"environment\""));
        var calls = new List<(string Action, List<(string Name, string Value)> Parameters)>();
        var reads = CkanActions.All.Where(a => a.Reads).ToList();
        Gen.Select(Gen.Int[0, reads.Count - 1].Select(i => reads[i]), value.List[0, 4], Gen.Int[0, 1000]).Sample((action, values, at) =>
        {
            lock (calls) { calls.Add((action.Name, [.. values.Select((v, i) => (action.Parameters.Count == 0 || (at + i) % 17 == 0 ? "id" : action.Parameters[(at + i) % action.Parameters.Count], v)).DistinctBy(p => p.Item1)])); }
        }, iter: 1200, threads: 1);
        var refusals = 0;
        foreach (var (action, parameters) in calls)
        {
            var json = $"{{{string.Join(',', parameters.Select(p => $"{JsonSerializer.Serialize(p.Name)}:{p.Value}"))}}}";
            foreach (var post in (bool[])[true, false])
            {
                using var response = post ? await client.PostAsync($"/api/3/action/{action}", new StringContent(json, Encoding.UTF8, "application/json"))
                    : await client.GetAsync($"/api/3/action/{action}?{string.Join('&', parameters.Select(p => $"{p.Name}={Uri.EscapeDataString(JsonNode.Parse(p.Value) is JsonValue v && v.TryGetValue<string>(out var text) ? text : p.Value)}"))}");
                var body = await response.Content.ReadAsStringAsync();
                ((int)response.StatusCode).ShouldBeOneOf([200, 400, 403, 404, 409], $"{action} {json}: {body}");
                var answer = JsonDocument.Parse(body).RootElement;
                if (response.StatusCode == HttpStatusCode.OK) { answer.GetProperty("success").GetBoolean().ShouldBeTrue(); }
                else
                {
                    refusals++;
                    if (answer.ValueKind == JsonValueKind.Object) { answer.GetProperty("error").GetProperty("__type").GetString().ShouldNotBeNullOrEmpty(); }
                    else { answer.GetString().ShouldStartWith("Bad request: "); }
                }
            }
        }

        refusals.ShouldBeGreaterThan(500);
    }

    /// <summary>A dataset with a table and a file, of a department of its own.</summary>
    private async Task<(PublishedDataset Dataset, string Slug, Guid Organisation)> Made()
    {
        var department = await platform.Department();
        var name = Published.NewName();
        var dataset = await Published.PublishAsync(platform.App.Services, department.Id, Published.Description(), name,
            [MadeFile.Table($"{name}.csv", [new("编号", ColumnType.Integer), new("名称")], ["1", "兴庆宫公园"], ["2", null]), MadeFile.Text("readme.txt", "说明")]);
        return (dataset, CkanOrganisations.NameOf(department), department.Id);
    }
}

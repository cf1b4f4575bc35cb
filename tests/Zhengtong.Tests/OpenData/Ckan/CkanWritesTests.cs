using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Ckan;
using Zhengtong.Tests.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Ckan;

[OnDatabase]
public sealed class CkanWritesTests(PlatformFixture platform)
{
    private const string Parks = "编号,名称\r\n1,兴庆宫公园\r\n2,环城公园\r\n";

    [Fact]
    public async Task Token_CreateListRevoke_ShowsItOnceAndEndsItAtOnce()
    {
        var (officer, account) = await platform.SignedInAs(await platform.Department(), Role.DepartmentOfficer);
        var made = await officer.PostResult("api_token_create", new { user = account.UserName, name = "etl" });
        var (token, id) = (made.GetProperty("token").GetString()!, made.GetProperty("id").GetString()!);
        token.ShouldStartWith("ztt_");
        var secret = token[4..];
        var second = await CkanClient.TokenOf(officer);

        var listed = await officer.Result($"api_token_list?user_id={account.Id}");
        listed.GetArrayLength().ShouldBe(2);
        listed[0].GetProperty("id").GetString().ShouldBe(id);
        listed[0].EnumerateObject().Select(m => m.Name).ShouldBe(["id", "name", "user_id", "created_at", "last_access"]);
        listed[0].GetProperty("last_access").ValueKind.ShouldBe(JsonValueKind.Null);
        listed.GetRawText().ShouldNotContain(token);
        (await platform.WithDb(db => db.UserTokens.AsNoTracking().Where(t => t.UserId == account.Id).Select(t => t.Value!).ToListAsync())).ShouldAllBe(v => !v.Contains(secret, StringComparison.Ordinal));

        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = platform.Address };
        (await Whose(client, token)).ShouldBe(1);
        (await Whose(client, "Bearer " + token)).ShouldBe(1);
        (await Whose(client, token, "X-CKAN-API-Key")).ShouldBe(1);
        (await Whose(client, token[..^1] + (token[^1] == 'A' ? 'B' : 'A'))).ShouldBe(0, "Another secret is nobody's");
        (await officer.Result($"api_token_list?user_id={account.UserName}"))[0].GetProperty("last_access").ValueKind.ShouldBe(JsonValueKind.String);

        (await officer.PostResult("api_token_revoke", new { jti = id })).ValueKind.ShouldBe(JsonValueKind.Null);
        (await Whose(client, token)).ShouldBe(0);
        (await Whose(client, second)).ShouldBe(1);
        (await officer.PostResult("api_token_revoke", new { token = second })).ValueKind.ShouldBe(JsonValueKind.Null);
        (await Whose(client, second)).ShouldBe(0);
        (await (await officer.PostAsJsonAsync("/api/3/action/api_token_revoke", new { jti = id })).Refusal()).Status.ShouldBe(404);
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id).OrderBy(e => e.At).Select(e => e.Event).ToListAsync())).ShouldBe(["open-data.token-created", "open-data.token-revoked"]);
    }

    [Fact]
    public async Task Token_OfAnotherOrOfALockedAccount_IsRefused()
    {
        var department = await platform.Department();
        var (officer, account) = await platform.SignedInAs(department, Role.DepartmentOfficer);
        var colleague = await platform.Officer(department, Role.DepartmentOfficer);
        var token = await CkanClient.TokenOf(officer);
        var (status, error) = await (await officer.PostAsJsonAsync("/api/3/action/api_token_create", new { user = colleague.UserName, name = "x" })).Refusal();
        status.ShouldBe(403);
        error.GetProperty("__type").GetString().ShouldBe("Authorization Error");
        var (missing, errors) = await (await officer.PostAsJsonAsync("/api/3/action/api_token_create", new { })).Refusal();
        missing.ShouldBe(409);
        errors.GetProperty("user")[0].GetString().ShouldBe("Missing value");
        errors.GetProperty("name")[0].GetString().ShouldBe("Missing value");
        // A leader approves; a leader's programs do not prepare.
        (await (await (await platform.SignedIn(department, Role.DepartmentLeader)).PostAsJsonAsync("/api/3/action/api_token_create", new { user = "x", name = "x" })).Refusal()).Status.ShouldBe(403);

        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = platform.Address };
        (await Whose(client, token)).ShouldBe(1);
        await platform.WithDb(db => db.Users.Where(u => u.Id == account.Id).ExecuteUpdateAsync(u => u.SetProperty(x => x.LockedAt, TimeProvider.System.GetUtcNow())));
        (await Whose(client, token)).ShouldBe(0);
    }

    [Fact]
    public async Task Session_WithoutToken_ChangesNothing()
    {
        var officer = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await officer.PostAsJsonAsync("/api/3/action/package_create", new { name = Openers.NewName() })).Refusal()).Status.ShouldBe(403, "Another site's page could send it");
    }

    [Fact]
    public async Task Upload_NoSpaceForTheFile_Is507AndGoesThroughWhenThereIsSpace()
    {
        var own = new PlatformFixture();
        try
        {
            await own.InitializeAsync();
            using var client = await CkanClient.MeetAsync(own);
            var name = Openers.NewName();
            await client.Call("package_create", new { name, title = "公园名录", owner_org = CkanOrganisations.NameOf(client.People.Department), license_id = "cc-by" });
            var fields = new Dictionary<string, string> { ["package_id"] = name, ["name"] = "公园" };
            var content = new byte[300_000];
            Array.Fill(content, (byte)'a');
            await using (var disk = await SmallDisk.MountAsync(own.App.Services.GetRequiredService<Deployment>().PathOf("objects", "incoming"), 1))
            {
                disk.Fill(leaving: 64 * 1024);
                var (status, error) = await (await client.Upload("resource_create", fields, "a.txt", content, "text/plain")).Refusal();
                (status, error.GetProperty("__type").GetString()).ShouldBe((507, "Insufficient Storage Error"));
            }

            (await client.Upload("resource_create", fields, "a.txt", content, "text/plain")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        finally { await own.DisposeAsync(); }
    }

    [Fact]
    public async Task Package_FromCreateToThePublic_NeedsTheThreePersons()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var (name, slug) = (Openers.NewName(), CkanOrganisations.NameOf(client.People.Department));
        var created = await client.Call("package_create", new
        {
            name, title = "公园名录", notes = "全市公园。", owner_org = slug, license_id = "cc-by", tags = new[] { new { name = "公园" }, new { name = "绿地" } }, groups = new[] { new { name = "environment" } },
            extras = new[] { new { key = "update_frequency", value = "yearly" }, new { key = "source_system", value = "gis" } }, @private = false, author = "某人",
        });
        created.GetProperty("state").GetString().ShouldBe("draft");
        created.GetProperty("private").GetBoolean().ShouldBeTrue();
        created.GetProperty("publication_state").GetString().ShouldBe("draft");
        created.GetProperty("title").GetString().ShouldBe("公园名录");
        created.GetProperty("license_id").GetString().ShouldBe("cc-by");
        created.GetProperty("num_tags").GetInt32().ShouldBe(2);
        created.GetProperty("groups")[0].GetProperty("name").GetString().ShouldBe("environment");
        created.GetProperty("extras").EnumerateArray().ShouldContain(e => e.GetProperty("key").GetString() == "source_system" && e.GetProperty("value").GetString() == "gis");
        var id = created.GetProperty("id").GetGuid();

        var resource = await client.Uploaded("resource_create", new Dictionary<string, string> { ["package_id"] = name, ["name"] = "公园", ["description"] = "一览", ["format"] = "csv" }, "公园.csv", Parks);
        resource.GetProperty("state").GetString().ShouldBe("draft");
        resource.GetProperty("url_type").GetString().ShouldBe("upload");
        resource.GetProperty("size").GetInt32().ShouldBe(Encoding.UTF8.GetByteCount(Parks));
        var shown = await client.Call("resource_show", new { id = resource.GetProperty("id").GetString() });
        shown.GetProperty("datastore_active").GetBoolean().ShouldBeTrue("The file was read as a table");
        shown.GetProperty("description").GetString().ShouldBe("一览");
        (await client.Call("datastore_search", new { resource_id = resource.GetProperty("id").GetString() })).GetProperty("total").GetInt32().ShouldBe(2);

        // Nobody else sees it.
        var visitor = platform.Visitor();
        foreach (var hidden in (string[])[$"package_show?id={id}", $"package_show?id={name}", $"resource_show?id={resource.GetProperty("id")}", $"datastore_search?resource_id={resource.GetProperty("id")}"]) { (await visitor.Refused(hidden)).Status.ShouldBe(404, hidden); }
        using var others = await CkanClient.MeetAsync(platform);
        (await others.Refused("package_show", new { id })).Status.ShouldBe(404);
        (await others.Refused("package_patch", new { id, title = "别家" })).Status.ShouldBe(404);

        // Draft to active proposes, and publishes nothing.
        var proposed = await client.Call("package_patch", new { id, state = "active" });
        proposed.GetProperty("state").GetString().ShouldBe("draft");
        proposed.GetProperty("publication_state").GetString().ShouldBe("proposed");
        (await visitor.Refused($"package_show?id={id}")).Status.ShouldBe(404);
        var (status, error) = await client.Refused("package_patch", new { id, title = "改名" });
        status.ShouldBe(409);
        error.GetProperty("__type").GetString().ShouldBe("Validation Error");
        error.GetProperty("state")[0].GetString().ShouldNotBeNullOrEmpty();

        // The officer of the token proposed it, so another examines and the leader approves.
        await client.People.Check(id);
        (await client.People.Post(client.People.Officer, id, "draft/examination")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        await Openers.Done(await client.People.Post(client.People.Colleague, id, "draft/examination"));
        (await visitor.Refused($"package_show?id={id}")).Status.ShouldBe(404);
        await Openers.Done(await client.People.Post(client.People.Leader, id, "draft/approval"));
        var open = await visitor.Result($"package_show?id={name}");
        open.GetProperty("state").GetString().ShouldBe("active");
        open.GetProperty("resources")[0].GetProperty("id").GetString().ShouldBe(resource.GetProperty("id").GetString());

        // The next version: read, changed, sent back. The public keeps the one before.
        var read = System.Text.Json.Nodes.JsonNode.Parse((await client.Call("package_show", new { id })).GetRawText())!;
        read["title"] = "公园名录(新)";
        var updated = await client.Call("package_update", read);
        updated.GetProperty("state").GetString().ShouldBe("draft");
        updated.GetProperty("publication_state").GetString().ShouldBe("draft", "It was active when it was read: nobody asked to propose");
        updated.GetProperty("version").GetString().ShouldBe("2");
        updated.GetProperty("num_resources").GetInt32().ShouldBe(1);
        updated.GetProperty("extras").GetRawText().ShouldContain("source_system");
        (await visitor.Result($"package_show?id={id}")).GetProperty("title").GetString().ShouldBe("公园名录");
        (await client.Call("package_show", new { id })).GetProperty("title").GetString().ShouldBe("公园名录(新)");
        var (noted, fault) = await client.Refused("package_patch", new { id, state = "active" });
        noted.ShouldBe(409);
        fault.GetProperty("change_note")[0].GetString().ShouldNotBeNullOrEmpty();
        (await client.Call("package_patch", new { id, state = "active", change_note = "改名" })).GetProperty("publication_state").GetString().ShouldBe("proposed");
        // What is public is the leader's to take back.
        (await client.Refused("package_delete", new { id })).Status.ShouldBe(403);
        (await client.People.Events(id)).ShouldContain("open-data.published");
    }

    [Fact]
    public async Task Package_WrongInput_IsRefusedInCkansShapes()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var taken = Openers.NewName();
        await client.Call("package_create", new { name = taken, owner_org = client.People.Department.Id });
        (object Body, string Field, string Message)[] wrong =
        [
            (new { title = "无名" }, "name", "Missing value"),
            (new { name = taken }, "name", "That URL is already in use."),
            (new { name = "Has Capitals" }, "name", "Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_"),
            (new { name = "a" }, "name", "Must be at least 2 characters long"),
            (new { name = "search" }, "name", "That name cannot be used"),
            (new { name = Openers.NewName(), id = Guid.Empty }, "id", "The input field id was not expected."),
            (new { name = Openers.NewName(), owner_org = "none-such" }, "owner_org", "Organization does not exist"),
            (new { name = Openers.NewName(), tags = new[] { new { name = "a" } } }, "tags", "Tag \"a\" length is less than minimum 2"),
            (new { name = Openers.NewName(), groups = new[] { new { name = "none" } } }, "groups", "Group \"none\" does not exist"),
            (new { name = Openers.NewName(), extras = new[] { new { key = "k", value = "1" }, new { key = "k", value = "2" } } }, "extras", "Extras contain duplicate keys"),
            (new { name = Openers.NewName(), extras = new[] { new { key = "temporal_start", value = "昨天" } } }, "temporal_start", "Date format incorrect"),
        ];
        foreach (var (body, field, message) in wrong)
        {
            var (status, error) = await client.Refused("package_create", body);
            status.ShouldBe(409, message);
            error.GetProperty("__type").GetString().ShouldBe("Validation Error");
            error.TryGetProperty("message", out _).ShouldBeFalse();
            error.GetProperty(field)[0].GetString().ShouldBe(message);
        }

        // All errors at once, and one place for each resource.
        var (_, both) = await client.Refused("package_create", new { name = "Äh", owner_org = "none-such", resources = new[] { new { url = "https://example.org/a.csv" } } });
        both.GetProperty("name").GetArrayLength().ShouldBe(1);
        both.GetProperty("owner_org").GetArrayLength().ShouldBe(1);
        both.GetProperty("resources")[0].GetProperty("upload")[0].GetString().ShouldNotBeNullOrEmpty();
        var (integrity, nested) = await client.Refused("package_create", new { name = Openers.NewName(), tags = new[] { "公园" } });
        integrity.ShouldBe(400);
        nested.GetProperty("__type").GetString().ShouldBe("Integrity Error");
        nested.GetProperty("data").GetProperty("tags")[0].GetString().ShouldBe("公园");

        var stranger = await platform.Department();
        var (foreign, denied) = await client.Refused("package_create", new { name = Openers.NewName(), owner_org = stranger.Id });
        foreign.ShouldBe(403);
        denied.GetProperty("message").GetString()!.ShouldContain("not authorized to add dataset to this organization");
        foreach (var elsewhere in (string[])["organization_create", "organization_patch", "organization_delete", "group_create", "group_update", "member_create", "package_owner_org_update"])
        {
            var (status, error) = await client.Refused(elsewhere, new { id = "x", name = "y" });
            status.ShouldBe(403, elsewhere);
            error.GetProperty("__type").GetString().ShouldBe("Authorization Error");
        }

        (await client.Refused("package_update", new { id = "none-such", title = "标题" })).Status.ShouldBe(404);
        (await client.Refused("package_patch", new { title = "标题" })).Error.GetProperty("id")[0].GetString().ShouldBe("Missing value");
        (await client.Refused("package_patch", new { id = taken, name = "other-name" })).Error.GetProperty("name")[0].GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Body_WithoutAFile_IsBoundedForWhatTakesFilesToo()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var name = Openers.NewName();
        await client.Call("package_create", new { name });
        foreach (var action in (string[])["resource_create", "datastore_create"])
        {
            using var response = await client.Send(action, new { package_id = name, notes = new string('a', CkanRequest.MostBytes) });
            response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge, action);
        }
    }

    [Fact]
    public async Task Package_NoteOfOtherClientsThatIsTooLong_IsRefused()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var name = Openers.NewName();
        await client.Call("package_create", new { name });
        (await client.Refused("package_patch", new { id = name, log_message = new string('长', 1001) })).Error.GetProperty("change_note")[0].GetString().ShouldBe("Length is more than maximum 1000");
        (await client.Call("package_patch", new { id = name, log_message = "改名" })).GetProperty("change_note").GetString().ShouldBe("改名");
    }

    [Fact]
    public async Task Draft_ReadWithAToken_IsKeptByNoCache()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var name = Openers.NewName();
        await client.Call("package_create", new { name });
        using var response = await client.Send("package_show", new { id = name });
        response.Headers.CacheControl!.ToString().ShouldContain("no-store");
    }

    [Fact]
    public async Task Resource_DeleteWhileItsTableIsRead_IsRefused()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var name = Openers.NewName();
        await client.Call("package_create", new { name });
        var id = (await client.Uploaded("resource_create", new Dictionary<string, string> { ["package_id"] = name }, "a.csv", Parks)).GetProperty("id").GetGuid();
        // As it is while the import runs, whose end would put the file back.
        await platform.WithDb(db => db.ImportJobs.Where(j => j.ResourceId == id).ExecuteUpdateAsync(j => j.SetProperty(x => x.ActiveResourceId, (Guid?)id)));
        (await client.Refused("resource_delete", new { id })).Error.GetProperty("upload")[0].GetString().ShouldNotBeNullOrEmpty();
        await platform.WithDb(db => db.ImportJobs.Where(j => j.ResourceId == id).ExecuteUpdateAsync(j => j.SetProperty(x => x.ActiveResourceId, (Guid?)null)));
        (await client.Call("resource_delete", new { id })).ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Package_UpdateOfWhatIsConditional_NeverOpensItBySilence()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var name = Openers.NewName();
        await client.Call("package_create", new { name, extras = new[] { new { key = "open_attribute", value = "conditional" }, new { key = "open_condition", value = "说明用途" }, new { key = "k", value = "v" } } });
        var updated = await client.Call("package_update", new { id = name, title = "只有题名" });
        var extras = updated.GetProperty("extras").EnumerateArray().ToDictionary(e => e.GetProperty("key").GetString()!, e => e.GetProperty("value").GetString());
        extras["open_attribute"].ShouldBe("conditional");
        extras["open_condition"].ShouldBe("说明用途");
        extras.ShouldNotContainKey("k", "An update removes what it does not send");
        var patched = await client.Call("package_patch", new { id = name, notes = "说明" });
        patched.GetProperty("title").GetString().ShouldBe("只有题名");
    }

    [Fact]
    public async Task Resource_UpdatePatchDelete_ChangeTheDraftAlone()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var name = Openers.NewName();
        await client.Call("package_create", new { name });
        var first = (await client.Uploaded("resource_create", new Dictionary<string, string> { ["package_id"] = name, ["name"] = "甲" }, "a.csv", Parks)).GetProperty("id").GetString()!;
        var second = (await client.Uploaded("resource_create", new Dictionary<string, string> { ["package_id"] = name, ["name"] = "乙" }, "readme.txt", "说明")).GetProperty("id").GetString()!;

        (await client.Call("resource_patch", new { id = first, description = "甲的说明" })).GetProperty("name").GetString().ShouldBe("甲");
        var updated = await client.Call("resource_update", new { id = first, name = "丙" });
        updated.GetProperty("name").GetString().ShouldBe("丙");
        updated.GetProperty("datastore_active").GetBoolean().ShouldBeTrue("The file stayed");
        var replaced = await client.Uploaded("resource_patch", new Dictionary<string, string> { ["id"] = first }, "b.csv", Parks + "3,植物园\r\n");
        replaced.GetProperty("id").GetString().ShouldBe(first);
        replaced.GetProperty("name").GetString().ShouldBe("丙");
        (await client.Call("datastore_search", new { resource_id = first })).GetProperty("total").GetInt32().ShouldBe(3);

        (await client.Call("package_resource_reorder", new { id = name, order = new[] { second } })).GetProperty("order")[0].GetString().ShouldBe(second);
        (await client.Call("package_show", new { id = name })).GetProperty("resources").EnumerateArray().Select(r => r.GetProperty("id").GetString()).ShouldBe([second, first]);
        (await client.Call("resource_delete", new { id = second })).ValueKind.ShouldBe(JsonValueKind.Null);
        (await client.Refused("resource_show", new { id = second })).Status.ShouldBe(404);
        (await client.Refused("resource_delete", new { id = second })).Status.ShouldBe(404);
        (await client.Refused("resource_create", new { package_id = name, url = "https://example.org/a.csv" })).Error.GetProperty("upload")[0].GetString().ShouldNotBeNullOrEmpty();
        using var unknown = await client.Upload("resource_create", new Dictionary<string, string> { ["package_id"] = "none-such" }, "a.csv", "a\n1\n"u8.ToArray());
        (await unknown.Refusal()).Status.ShouldBe(404);

        // A package_update without the resource takes it out; one that never was public goes whole.
        (await client.Call("package_update", new { id = name, title = "没有文件" })).GetProperty("num_resources").GetInt32().ShouldBe(0);
        (await client.Call("package_delete", new { id = name })).ValueKind.ShouldBe(JsonValueKind.Null);
        (await client.Refused("package_show", new { id = name })).Status.ShouldBe(404);
        await client.Call("package_create", new { name });
    }

    /// <summary>How many departments the token prepares datasets for.</summary>
    private static async Task<int> Whose(HttpClient client, string token, string header = "Authorization")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/3/action/organization_list_for_user");
        request.Headers.TryAddWithoutValidation(header, token);
        using var response = await client.SendAsync(request);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("result").GetArrayLength();
    }
}

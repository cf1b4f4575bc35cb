using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.Kernel.Http;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Contracts;

public sealed class OpenApiTests(PlatformFixture platform)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Document_IsTheApprovedOne()
    {
        var received = await DocumentText();
        var approved = Repository.Path("docs", "api", "openapi.v1.verified.json");
        if (File.Exists(approved) && File.ReadAllText(approved) == received) { return; }

        var folder = Directory.CreateDirectory(Repository.Path("artifacts")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "openapi.v1.received.json"), received);
        Assert.Fail("The API's description changed. Look at it: diff docs/api/openapi.v1.verified.json artifacts/openapi.v1.received.json\n"
            + "If every change is meant, accept it: tools/accept-schema");
    }

    [Fact]
    public async Task Document_EveryOperation_IsDescribedAndNamesItsRefusals()
    {
        var operations = (await Document())["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject().Select(o => (Name: $"{o.Key} {p.Key}", Operation: o.Value!))).ToList();
        operations.Count.ShouldBeGreaterThan(1);
        operations.Where(o => string.IsNullOrWhiteSpace((string?)o.Operation["summary"])).Select(o => o.Name)
            .ShouldBeEmpty("Write a <summary> over the handler");
        operations.Where(o => !o.Operation["responses"]!.AsObject().Any(r => r.Key.StartsWith('2') || r.Key.StartsWith('3'))).Select(o => o.Name)
            .ShouldBeEmpty("The handler's return type names the success");
        operations.Where(o => o.Operation["security"] is null != o.Operation["responses"]!["401"] is null && !AnonymousRefusal(o.Operation)).Select(o => o.Name)
            .ShouldBeEmpty("401 is there exactly for those who must sign in");
    }

    [Fact]
    public async Task Document_EveryResponseWithACode_IsDeclaredWithItsStatus()
    {
        var found = (await Document())["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()).SelectMany(o => o.Value!["responses"]!.AsObject())
            .SelectMany(r => (r.Value!["x-problem-codes"]?.AsArray() ?? []).Select(c => (Status: int.Parse(r.Key), Code: (string)c!))).Distinct().ToList();
        found.Count.ShouldBeGreaterThan(2);
        found.Where(f => ApiDescription.All[f.Code].Status != f.Status && f is not { Code: "kernel.changed-meanwhile", Status: 412 }).ShouldBeEmpty();
    }

    [Fact]
    public async Task Document_EverySchema_IsItsTypesAlone()
    {
        var schemas = (await Document())["components"]!["schemas"]!.AsObject().Select(s => s.Key).ToList();
        schemas.Count.ShouldBeGreaterThan(3);
        var assembly = typeof(ApiDescription).Assembly;
        // Two types of one name would have become one schema without a word.
        var wire = assembly.GetTypes().Where(t => t is { IsPublic: true, IsAbstract: false } && schemas.Contains(t.Name)).GroupBy(t => t.Name).Where(g => g.Count() > 1).Select(g => g.Key);
        wire.ShouldBeEmpty("Give the types different names");
        foreach (var property in (await Document())["components"]!["schemas"]!.AsObject().SelectMany(s => s.Value!["properties"]?.AsObject() ?? []))
        {
            (property.Value!["type"] is JsonArray { } types && types.Any(t => (string?)t == "string") && types.Any(t => (string?)t == "integer")).ShouldBeFalse(property.Key);
        }
    }

    /// <summary>Open to all, and 401 is an answer of its own: signing in that fails.</summary>
    private static bool AnonymousRefusal(JsonNode operation) =>
        operation["security"] is null && operation["responses"]!["401"]!["x-problem-codes"]?.AsArray().All(c => (string?)c != "kernel.not-signed-in") == true;

    private async Task<JsonNode> Document() => JsonNode.Parse(await platform.Visitor().GetStringAsync(ApiDescription.DocumentPath))!;

    private async Task<string> DocumentText() => (await Document()).ToJsonString(Indented) + "\n";
}

using System.Collections;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Architecture;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Contracts;

/// <summary>SQL, markup and worse in every text that anybody may send: never a fault, and dead text on every page.</summary>
[OnDatabase]
public sealed class HostileTextTests(PlatformFixture platform)
{
    private const string Markup = "<script>alert('zt')</script>\"'><img src=x onerror=alert(1)>";

    public static TheoryData<string, string> Texts => new()
    {
        { "sql", "'; DROP TABLE officers; --" },
        { "sql in json", "\\\" OR 1=1) UNION SELECT * FROM officers --" },
        { "markup", Markup },
        { "nul", "a\0b" },
        { "control", "\u001b[31m\u0007" },
        { "direction", "\u202Etxt.exe\u202C" },
        { "templates", "{{7*7}} ${jndi:ldap://x/} @(1+1) %s %n {0} {1:" },
        { "paths", "../../../../etc/passwd" },
        { "wild cards", "%_[]*?\\" },
        { "long", new string('长', 5000) },
        { "combining", "e" + new string('\u0301', 300) },
        { "spaces", " \u3000\u00A0 " },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task EveryTextField_Hostile_IsNeverAFault(string kind, string text)
    {
        var endpoints = Api.EndpointsOf(platform).Where(e => Api.BodyOf(e) is not null).ToList();
        endpoints.Count.ShouldBeGreaterThan(1);
        var fields = 0;
        var wrong = new List<string>();
        foreach (var (role, client) in await ContractRules.Clients(platform))
        {
            foreach (var endpoint in endpoints.Where(e => ContractRules.IsFor(e, role)))
            {
                // All at once, then each alone among plausible values: the second reaches further into the handler.
                foreach (var body in Bodies(Api.BodyOf(endpoint)!, text))
                {
                    fields++;
                    var response = await client.SendAsync(ContractRules.Request(endpoint, body));
                    if ((int)response.StatusCode >= 500 || ((int)response.StatusCode >= 400 && await ContractRules.Shape(response) is { Length: > 0 }))
                    {
                        wrong.Add($"{ContractRules.Name(endpoint)} {(int)response.StatusCode}: {body[..Math.Min(300, body.Length)]}");
                    }
                }
            }
        }

        fields.ShouldBeGreaterThan(5);
        wrong.ShouldBeEmpty(kind);
    }

    [Fact]
    public async Task EveryPage_ShowingHostileText_EncodesIt()
    {
        var organisation = await platform.Department(name: $"局{Markup}");
        var officer = await platform.SignedIn(organisation, Role.DepartmentOfficer, Role.DepartmentLeader);
        var created = await officer.PostAsJsonAsync("/api/v1/resources", new
        {
            name = Markup, @abstract = Markup, sharingType = "conditional", sharingCondition = Markup, updateCycle = "daily",
            items = new object[] { new { name = Markup, column = "id", type = "text", length = 18, isKey = true } },
        });
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid().ToString();

        var (pages, shown) = (0, 0);
        var raw = new List<string>();
        var sessions = await ContractRules.Clients(platform);
        sessions.Insert(0, (Role.DepartmentOfficer, officer));
        foreach (var route in typeof(Platform).Assembly.GetTypes().SelectMany(t => t.GetCustomAttributes(typeof(RouteAttribute), false)).Cast<RouteAttribute>().Select(r => r.Template).Distinct())
        {
            var address = System.Text.RegularExpressions.Regex.Replace(route, @"\{[^}]+\}", id);
            foreach (var (_, client) in sessions)
            {
                var response = await client.GetAsync($"{address}?q={Uri.EscapeDataString(Markup)}&name={Uri.EscapeDataString(Markup)}");
                var html = await response.Content.ReadAsStringAsync();
                ((int)response.StatusCode).ShouldBeLessThan(500, $"{address}: {html}");
                if (response.Content.Headers.ContentType?.MediaType != "text/html") { continue; }
                pages++;
                if (html.Contains("<script>alert", StringComparison.OrdinalIgnoreCase) || html.Contains("<img src=x", StringComparison.OrdinalIgnoreCase)) { raw.Add(address); }
                if (html.Contains("&lt;script&gt;alert", StringComparison.OrdinalIgnoreCase)) { shown++; }
            }
        }

        pages.ShouldBeGreaterThan(5);
        shown.ShouldBeGreaterThan(0);
        raw.Distinct().ShouldBeEmpty();
    }

    private static IEnumerable<string> Bodies(Type body, string text)
    {
        yield return Sample(body, "$", (_, _) => text)!.ToJsonString();
        foreach (var path in Paths(body))
        {
            yield return Sample(body, "$", (at, plain) => at == path ? text : plain)!.ToJsonString();
        }
    }

    private static List<string> Paths(Type body)
    {
        var paths = new List<string>();
        Sample(body, "$", (at, plain) => { paths.Add(at); return plain; });
        return paths;
    }

    /// <summary>A plausible value of the type; each text is chosen by <paramref name="choose"/> from its path and a plain one.</summary>
    internal static JsonNode? Sample(Type type, string path, Func<string, string, string> choose)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) { return choose(path, Plain(path)); }
        if (type == typeof(bool)) { return true; }
        if (type.IsEnum) { return JsonNamingPolicy.CamelCase.ConvertName(Enum.GetNames(type)[0]); }
        if (type == typeof(Guid)) { return "018f0000-0000-7000-8000-000000000000"; }
        if (type == typeof(DateTimeOffset) || type == typeof(DateTime)) { return "2027-01-01T00:00:00Z"; }
        if (type == typeof(DateOnly)) { return "2027-01-01"; }
        if (type == typeof(TimeSpan)) { return "01:00:00"; }
        if (type == typeof(byte[])) { return "AAAA"; }
        if (type.IsPrimitive || type == typeof(decimal)) { return 1; }
        if (type == typeof(JsonElement) || typeof(JsonNode).IsAssignableFrom(type)) { return new JsonObject { ["text"] = choose(path, "plain") }; }
        if (typeof(IDictionary).IsAssignableFrom(type) || type.Name.StartsWith("IReadOnlyDictionary", StringComparison.Ordinal)) { return new JsonObject { ["key"] = Sample(type.GetGenericArguments()[1], path + ".key", choose) }; }
        if (typeof(IEnumerable).IsAssignableFrom(type)) { return new JsonArray(Sample(type.IsArray ? type.GetElementType()! : type.GetGenericArguments()[0], path + "[0]", choose)); }
        var members = new JsonObject();
        foreach (var property in type.GetProperties().Where(p => p.CanRead && p.GetIndexParameters().Length == 0 && type.GetConstructors().Any(c => c.GetParameters().Any(x => x.Name == p.Name))))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            members[name] = Sample(property.PropertyType, $"{path}.{name}", choose);
        }

        return members;
    }

    private static string Plain(string path) => path[(path.LastIndexOf('.') + 1)..].ToLowerInvariant() switch
    {
        var n when n.Contains("creditcode") => "11610000012345678" + "X",
        var n when n.Contains("region") => "610000",
        var n when n.Contains("column") => "column_a",
        var n when n.Contains("email") => "a@b.example",
        var n when n.Contains("url") || n.Contains("address") => "https://a.example/",
        _ => "plain text",
    };
}

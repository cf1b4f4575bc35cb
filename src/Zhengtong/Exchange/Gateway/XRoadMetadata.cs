using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Xml;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Gateway;

/// <summary>X-Road's services about services (pr-mrest, pr-meta): who is there, what they offer, what of it the client may call, and how it is described.</summary>
internal sealed class XRoadMetadata(GatewayDirectory directory, TimeProvider clock)
{
    private const string ListMethods = "listMethods";
    private const string AllowedMethods = "allowedMethods";
    private const string GetOpenApi = "getOpenAPI";
    private const string IdentifierSpace = "http://x-road.eu/xsd/identifiers";
    private const string XRoadSpace = "http://x-road.eu/xsd/xroad.xsd";

    internal static bool Knows(string service) => service is ListMethods or AllowedMethods or GetOpenApi;

    /// <summary>Answers one of the three services of a provider's subsystem.</summary>
    internal async Task<Refusal?> AnswerAsync(HttpContext http, XRoadOrder order, bool hasOwnToken)
    {
        if (order.Service != GetOpenApi) { return await WriteAsync(http, order, hasOwnToken, "application/json", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { service = await ServicesAsync(http, order) }, CanonicalJson.Options))); }
        if (http.Request.Query["serviceCode"] is not [{ Length: > 0 } code]) { return Refusal.Malformed("serviceCode"); }
        if (await directory.ServiceAsync(order.Provider, order.Subsystem, code) is not { } service) { return Refusal.ServiceUnknown(code); }
        var text = await directory.ReadAsync(s => s.GetRequiredService<CatalogueLookup>().FindDescriptionAsync(service.ResourceId, http.RequestAborted));
        if (text is null) { return Refusal.ServiceUnknown(code); }
        return await WriteAsync(http, order, hasOwnToken, "application/json", OpenApiHere(text, order, code));
    }

    /// <summary>All members and their subsystems.</summary>
    internal async Task<Refusal?> ListClientsAsync(HttpContext http)
    {
        if (!HttpMethods.IsGet(http.Request.Method)) { return Refusal.Malformed(http.Request.Method); }
        if (http.Request.Query["xRoadInstance"].ToString() is { Length: > 0 } asked && asked != directory.Instance) { return Refusal.Malformed("xRoadInstance"); }
        var clients = await directory.ReadAsync(s => ReadClientsAsync(s.GetRequiredService<ZhengtongDb>(), http.RequestAborted));
        var isJson = http.Request.Headers.Accept.Any(a => a?.Contains("application/json", StringComparison.OrdinalIgnoreCase) == true);
        var body = isJson
            ? Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { member = clients.Select(c => new { id = IdOf(c), name = c.Name, subsystem_name = c.SubsystemName }) }, CanonicalJson.Options))
            : ClientsXml(clients);
        http.Response.ContentType = isJson ? "application/json;charset=utf-8" : "text/xml;charset=utf-8";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
        return null;
    }

    private Dictionary<string, string?> IdOf(Client client) => new Dictionary<string, string?>
    {
        ["member_class"] = GatewayDirectory.MemberClass, ["member_code"] = client.Code, ["object_type"] = client.Subsystem is null ? "MEMBER" : "SUBSYSTEM",
        ["subsystem_code"] = client.Subsystem, ["xroad_instance"] = directory.Instance,
    }.Where(p => p.Value is not null).ToDictionary();

    /// <summary>Every member, and every subsystem behind its member.</summary>
    internal static async Task<List<Client>> ReadClientsAsync(ZhengtongDb db, CancellationToken ct)
    {
        var organisations = await db.Organisations.OrderBy(o => o.CreditCode).Select(o => new { o.Id, o.CreditCode, o.Name }).ToListAsync(ct);
        var systems = await db.InformationSystems.Select(s => new { s.OrganisationId, s.SubsystemCode, Name = (string?)s.Name }).ToListAsync(ct);
        var services = await db.ApiServices.Select(s => new { s.OrganisationId, s.SubsystemCode, Name = (string?)null }).Distinct().ToListAsync(ct);
        var subsystems = systems.Concat(services).DistinctBy(s => (s.OrganisationId, s.SubsystemCode)).ToLookup(s => s.OrganisationId);
        return [.. organisations.SelectMany(o => subsystems[o.Id].OrderBy(s => s.SubsystemCode, StringComparer.Ordinal)
            .Select(s => new Client(o.CreditCode.Value, o.Name, s.SubsystemCode, s.Name)).Prepend(new Client(o.CreditCode.Value, o.Name, null, null)))];
    }

    private byte[] ClientsXml(List<Client> clients)
    {
        using var bytes = new MemoryStream();
        using (var writer = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
        {
            writer.WriteStartElement("xroad", "clientList", XRoadSpace);
            writer.WriteAttributeString("xmlns", "id", null, IdentifierSpace);
            foreach (var client in clients)
            {
                writer.WriteStartElement("member", XRoadSpace);
                writer.WriteStartElement("id", XRoadSpace);
                writer.WriteAttributeString("objectType", IdentifierSpace, client.Subsystem is null ? "MEMBER" : "SUBSYSTEM");
                writer.WriteElementString("xRoadInstance", IdentifierSpace, directory.Instance);
                writer.WriteElementString("memberClass", IdentifierSpace, GatewayDirectory.MemberClass);
                writer.WriteElementString("memberCode", IdentifierSpace, client.Code);
                if (client.Subsystem is not null) { writer.WriteElementString("subsystemCode", IdentifierSpace, client.Subsystem); }
                writer.WriteEndElement();
                writer.WriteElementString("name", XRoadSpace, client.Name);
                if (client.SubsystemName is not null) { writer.WriteElementString("subsystemName", XRoadSpace, client.SubsystemName); }
                writer.WriteEndElement();
            }

            writer.WriteEndElement();
        }

        return bytes.ToArray();
    }

    /// <summary>The services of the subsystem; of those allowed, what the client has agreements in force for.</summary>
    private async Task<List<ServiceEntry>> ServicesAsync(HttpContext http, XRoadOrder order)
    {
        var codes = await directory.ReadAsync(s => s.GetRequiredService<ZhengtongDb>().ApiServices
            .Where(a => a.OrganisationId == order.Provider.Id && a.SubsystemCode == order.Subsystem).OrderBy(a => a.ServiceCode).Select(a => a.ServiceCode).ToListAsync(http.RequestAborted));
        List<ServiceEntry> entries = [];
        foreach (var code in codes)
        {
            if (await directory.ServiceAsync(order.Provider, order.Subsystem, code) is not { IsEnabled: true } service) { continue; }
            IEnumerable<(string Method, string Path)> operations = service.Catalogued.Select(o => (o.Method, o.Path));
            if (order.Service == AllowedMethods)
            {
                var agreed = (await directory.GrantsAsync(order.Consumer.Id, service.ResourceId)).Where(g => g.Terms.AllowsDelivery(clock.GetUtcNow())).ToList();
                if (agreed.Count == 0) { continue; }
                operations = agreed.SelectMany(g => g.Terms.Operations ?? []).Select(o => (o.Method, o.Path)).Distinct();
            }

            entries.Add(new ServiceEntry(GatewayDirectory.MemberClass, order.Provider.Code, "SERVICE", code, "OPENAPI", order.Subsystem, directory.Instance,
                [.. operations.Select(o => new Endpoint(o.Method, Glob(o.Path)))]));
        }

        return entries;
    }

    /// <summary>X-Road writes a parameter as an asterisk.</summary>
    private static string Glob(string path) => string.Join('/', path.Split('/').Select(s => s is ['{', .., '}'] ? "*" : s));

    /// <summary>The provider's document with the gateway's address in place of its own, and none of its own anywhere else.</summary>
    private static byte[] OpenApiHere(string text, XRoadOrder order, string code)
    {
        var document = JsonNode.Parse(text)!.AsObject();
        foreach (var part in document.Select(p => p.Value)) { HideServers(part); }
        document["servers"] = new JsonArray(new JsonObject { ["url"] = $"{order.Target.Raw[..order.Target.Raw.LastIndexOf('/')]}/{code}" });
        return Encoding.UTF8.GetBytes(document.ToJsonString(CanonicalJson.Options));
    }

    /// <summary>Takes addresses out (OpenAPI 3): of path items and operations, those of callbacks and webhooks among them, and of links. Schemas and examples are data and stay.</summary>
    internal static void HideServers(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (var one in list) { HideServers(one); }
        }
        if (node is not JsonObject part) { return; }
        // A response, a parameter or a link may be called so too; but it is no list, and has no address.
        if (part["servers"] is JsonArray) { part.Remove("servers"); }
        if (part["server"] is JsonObject server && server.ContainsKey("url")) { part.Remove("server"); }
        foreach (var (name, below) in part)
        {
            if (name is not ("schema" or "schemas" or "example" or "examples")) { HideServers(below); }
        }
    }

    private async Task<Refusal?> WriteAsync(HttpContext http, XRoadOrder order, bool hasOwnToken, string type, byte[] body)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow()).ToString();
        var client = order.Client.ToString();
        var signed = CallHead.OfRequest(http.Request.Headers, hasOwnToken, new("X-Road-Client", client), new("X-Road-Id", order.MessageId), new("X-Road-Request-Id", id));
        var headers = http.Response.Headers;
        headers["X-Road-Client"] = client;
        headers["X-Road-Id"] = order.MessageId;
        headers["X-Road-Request-Hash"] = CallHead.Hash(CallHead.Bytes(http.Request.Method, order.Target.Raw, signed), null);
        headers["X-Road-Request-Id"] = id;
        headers["X-Road-Service"] = $"{directory.Instance}/{order.Name}";
        http.Response.ContentType = $"{type};charset=utf-8";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
        return null;
    }

    /// <summary>A member, or a subsystem of one.</summary>
    internal sealed record Client(string Code, string Name, string? Subsystem, string? SubsystemName);

    private sealed record Endpoint(
        [property: JsonPropertyName("method")] string Method, [property: JsonPropertyName("path")] string Path);

    private sealed record ServiceEntry(
        [property: JsonPropertyName("member_class")] string MemberClass,
        [property: JsonPropertyName("member_code")] string MemberCode,
        [property: JsonPropertyName("object_type")] string ObjectType,
        [property: JsonPropertyName("service_code")] string ServiceCode,
        [property: JsonPropertyName("service_type")] string ServiceType,
        [property: JsonPropertyName("subsystem_code")] string SubsystemCode,
        [property: JsonPropertyName("xroad_instance")] string Instance,
        [property: JsonPropertyName("endpoint_list")] IReadOnlyList<Endpoint> Endpoints);
}

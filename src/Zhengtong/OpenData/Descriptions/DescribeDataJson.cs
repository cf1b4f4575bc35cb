using System.Runtime.CompilerServices;
using System.Text.Json;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>The whole catalogue in DCAT-US 1.1, streamed: memory does not grow with the number of datasets.</summary>
internal static class DescribeDataJson
{
    private const int AtOnce = 100;

    internal static void Map(IEndpointRouteBuilder app) => app.MapPublicGet("/data.json", HandleAsync);

    private static async Task<PublicAnswer> HandleAsync(HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        var state = await DescribedDatasets.StateAsync(db, ct);
        var at = PortalAddress.Of(http);
        http.Features.Get<Microsoft.AspNetCore.Http.Timeouts.IHttpRequestTimeoutFeature>()?.DisableTimeout();
        return new PublicAnswer("application/json; charset=utf-8", $"data.json {state.Tag}", state.Modified, (body, stop) => JsonDocuments.WriteAsync(body, async json =>
        {
            json.WriteStartObject();
            json.WriteString("@context", "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld");
            json.WriteString("@id", $"{at.Base}/data.json");
            json.WriteString("@type", "dcat:Catalog");
            json.WriteString("conformsTo", "https://project-open-data.cio.gov/v1.1/schema");
            json.WriteString("describedBy", "https://project-open-data.cio.gov/v1.1/schema/catalog.json");
            json.WriteStartArray("dataset");
            await foreach (var dataset in AllAsync(db, stop))
            {
                Write(json, dataset, at);
                await json.FlushSomeAsync(stop);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }, stop));
    }

    /// <summary>Every published dataset, read a hundred at a time behind the last one.</summary>
    private static async IAsyncEnumerable<Described> AllAsync(ZhengtongDb db, [EnumeratorCancellation] CancellationToken ct)
    {
        Guid? last = null;
        while (true)
        {
            var behind = last is { } id ? DescribedDatasets.Wanted(db).Where(d => d.Id > id) : DescribedDatasets.Wanted(db);
            // The last one in the database's own order, which is not that of .NET everywhere.
            var ids = await Microsoft.EntityFrameworkCore.EntityFrameworkQueryableExtensions.ToListAsync(behind.OrderBy(d => d.Id).Select(d => d.Id).Take(AtOnce), ct);
            if (ids.Count == 0) { yield break; }
            foreach (var dataset in (await DescribedDatasets.ReadAsync(db, DescribedDatasets.Wanted(db).Where(d => ids.Contains(d.Id)), ct)).OrderBy(d => ids.IndexOf(d.Dataset.Id))) { yield return dataset; }
            last = ids[^1];
        }
    }

    private static void Write(Utf8JsonWriter json, Described dataset, PortalAddress at)
    {
        var says = dataset.Says;
        json.WriteStartObject();
        json.WriteString("@type", "dcat:Dataset");
        json.WriteString("identifier", at.Dataset(dataset.Dataset.Id));
        json.Text("title", says.Title);
        json.Text("description", string.IsNullOrWhiteSpace(dataset.Notes) ? says.Title : dataset.Notes);
        json.WriteStartArray("keyword");
        foreach (var keyword in dataset.Keywords.Count > 0 ? dataset.Keywords : [.. dataset.Themes.Select(t => Bilingual.Of($"open-data.theme.{t.Id}").Chinese)]) { json.WriteStringValue(PublicText.Clean(keyword)); }
        json.WriteEndArray();
        json.WriteString("issued", PublicText.Moment(dataset.Dataset.PublishedAt ?? dataset.PublishedAt));
        json.WriteString("modified", PublicText.Moment(dataset.PublishedAt));
        json.WriteStartObject("publisher");
        json.WriteString("@type", "org:Organization");
        json.Text("name", dataset.Publisher.Name);
        json.WriteEndObject();
        json.WriteStartObject("contactPoint");
        json.WriteString("@type", "vcard:Contact");
        json.Text("fn", says.ContactName);
        json.Text("hasEmail", PublicText.Mail(says.ContactMail));
        json.WriteEndObject();
        json.WriteString("accessLevel", dataset.Attribute switch { OpenAttribute.Unconditional => "public", OpenAttribute.Conditional => "restricted public", _ => "non-public" });
        json.Text("rights", dataset.Condition);
        json.WriteString("license", at.Licence(dataset.Licence));
        json.WriteString("landingPage", at.Page(dataset.Dataset));
        json.WriteString("accrualPeriodicity", Vocabularies.Repeats(says.UpdateCycle));
        json.Text("spatial", dataset.Place);
        if (says.From is not null && says.To is not null) { json.Text("temporal", PublicText.Period(says.From, says.To)); }
        json.WriteStartArray("language");
        json.WriteStringValue(PublicText.LanguageOf(says.Title + dataset.Notes));
        json.WriteEndArray();
        json.WriteStartArray("theme");
        foreach (var theme in dataset.Themes) { json.WriteStringValue(at.Theme(theme.Id)); }
        json.WriteEndArray();
        if (dataset.Resources.Count > 0)
        {
            json.WriteStartArray("distribution");
            foreach (var resource in dataset.Resources)
            {
                json.WriteStartObject();
                json.WriteString("@type", "dcat:Distribution");
                json.Text("title", resource.Name);
                json.Text("description", resource.Description);
                json.Text("format", resource.Format);
                json.WriteString("accessURL", at.Resource(dataset.Dataset.Id, resource.Id));
                if (dataset.Download(at, resource) is { } file)
                {
                    json.WriteString("downloadURL", file);
                    json.Text("mediaType", resource.MediaType);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}

using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>A dataset for machine learning: Croissant 1.0, with a record set for each table and a field for each column.</summary>
internal static class DescribeForLearning
{
    /// <summary>The terms that the format wants declared in every document.</summary>
    private const string Context = """
        {"@language":"en","@vocab":"https://schema.org/","citeAs":"cr:citeAs","column":"cr:column","conformsTo":"dct:conformsTo","cr":"http://mlcommons.org/croissant/","rai":"http://mlcommons.org/croissant/RAI/",
        "data":{"@id":"cr:data","@type":"@json"},"dataType":{"@id":"cr:dataType","@type":"@vocab"},"dct":"http://purl.org/dc/terms/","examples":{"@id":"cr:examples","@type":"@json"},"extract":"cr:extract","field":"cr:field",
        "fileProperty":"cr:fileProperty","fileObject":"cr:fileObject","fileSet":"cr:fileSet","format":"cr:format","includes":"cr:includes","isLiveDataset":"cr:isLiveDataset","jsonPath":"cr:jsonPath","key":"cr:key","md5":"cr:md5",
        "parentField":"cr:parentField","path":"cr:path","recordSet":"cr:recordSet","references":"cr:references","regex":"cr:regex","repeated":"cr:repeated","replace":"cr:replace","sc":"https://schema.org/","separator":"cr:separator",
        "source":"cr:source","subField":"cr:subField","transform":"cr:transform"}
        """;

    private const int MostColumnsInAPage = 60;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicGet("/dataset/{dataset}/croissant.jsonld", (string dataset, HttpContext http, ZhengtongDb db, CancellationToken ct) => HandleAsync(dataset, null, http, db, ct));
        app.MapPublicGet("/dataset/{dataset}/version/{version:guid}/croissant.jsonld", (string dataset, Guid version, HttpContext http, ZhengtongDb db, CancellationToken ct) => HandleAsync(dataset, version, http, db, ct));
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleAsync(string dataset, Guid? version, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        if (await DescribedDatasets.FindAsync(db, dataset, version, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        var at = PortalAddress.Of(http);
        return new PublicAnswer("application/ld+json; charset=utf-8", $"croissant {found.Tag}", found.Dataset.ModifiedAt,
            (body, stop) => JsonDocuments.WriteAsync(body, json => WriteAsync(json, found, at, stop), stop));
    }

    /// <summary>The script element for a page, where the description is not too long for one; null where it is, or there is no table to learn from. Nothing in it can end it: <c>&lt;</c> is always escaped.</summary>
    internal static async Task<string?> BlockAsync(Described dataset, PortalAddress at, CancellationToken ct)
    {
        if (!dataset.GivesData || dataset.Resources.Sum(r => r.Table?.Columns.Count ?? 0) is 0 or > MostColumnsInAPage) { return null; }
        using var bytes = new MemoryStream();
        await JsonDocuments.WriteAsync(bytes, json => WriteAsync(json, dataset, at, ct), ct);
        return $"<script type=\"application/ld+json\">{System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length)}</script>";
    }

    private static async Task WriteAsync(Utf8JsonWriter json, Described dataset, PortalAddress at, CancellationToken ct)
    {
        json.WriteStartObject();
        json.WritePropertyName("@context");
        json.WriteRawValue(Context);
        json.WriteString("@type", "sc:Dataset");
        json.WriteString("@id", dataset.Subject(at));
        json.WriteString("conformsTo", "http://mlcommons.org/croissant/1.0");
        json.Text("name", dataset.Says.Title);
        json.Text("description", dataset.Notes.Length > 0 ? dataset.Notes : dataset.Says.Title);
        json.WriteString("license", at.Licence(dataset.Licence));
        json.WriteString("url", dataset.IsCurrent ? at.Page(dataset.Dataset) : at.Page(dataset.Dataset, dataset.Version.Id));
        json.WriteString("version", $"{PublicText.Number(dataset.Version.Number)}.0.0");
        json.WriteString("datePublished", PublicText.Moment(dataset.PublishedAt));
        json.WriteString("inLanguage", PublicText.LanguageOf(dataset.Says.Title + dataset.Notes));
        json.WriteStartObject("publisher");
        json.WriteString("@type", "sc:GovernmentOrganization");
        json.Text("name", dataset.Publisher.Name);
        json.WriteEndObject();
        var given = dataset.GivesData ? dataset.Resources : [];
        json.WriteStartArray("distribution");
        foreach (var resource in given)
        {
            json.WriteStartObject();
            json.WriteString("@type", "cr:FileObject");
            json.WriteString("@id", FileId(resource));
            json.Text("name", resource.FileName);
            json.Text("description", resource.Description);
            json.WriteString("contentUrl", dataset.Download(at, resource));
            json.WriteString("contentSize", $"{PublicText.Number(resource.Bytes)} B");
            json.Text("encodingFormat", resource.MediaType);
            json.WriteString("sha256", resource.Content.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("recordSet");
        foreach (var resource in given.Where(r => r.Table is not null))
        {
            WriteRecords(json, resource, resource.Table!);
            await json.FlushSomeAsync(ct);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRecords(Utf8JsonWriter json, DatasetResource resource, DataTable table)
    {
        json.WriteStartObject();
        json.WriteString("@type", "cr:RecordSet");
        json.WriteString("@id", $"records-{resource.Id}");
        json.Text("name", resource.Name);
        json.Text("description", resource.Description);
        if (table.Columns.Any(c => c.IsKey))
        {
            json.WriteStartArray("key");
            foreach (var column in table.Columns.Where(c => c.IsKey)) { WriteReference(json, null, FieldId(resource, column)); }
            json.WriteEndArray();
        }

        json.WriteStartArray("field");
        foreach (var column in table.Columns)
        {
            json.WriteStartObject();
            json.WriteString("@type", "cr:Field");
            json.WriteString("@id", FieldId(resource, column));
            json.Text("name", column.Name);
            json.Text("description", string.Join(" · ", new[] { column.Title, column.Description, column.Unit }.Where(t => !string.IsNullOrEmpty(t))));
            json.WriteString("dataType", TypeOf(column.Type));
            json.WriteStartObject("source");
            WriteReference(json, "fileObject", FileId(resource));
            json.WriteStartObject("extract");
            json.Text("column", column.Name);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteReference(Utf8JsonWriter json, string? name, string id)
    {
        if (name is null) { json.WriteStartObject(); } else { json.WriteStartObject(name); }
        json.WriteString("@id", id);
        json.WriteEndObject();
    }

    private static string FileId(DatasetResource resource) => $"file-{resource.Id}";

    private static string FieldId(DatasetResource resource, TableColumn column) => $"records-{resource.Id}/{column.Physical}";

    private static string TypeOf(ColumnType type) => type switch
    {
        ColumnType.Integer => "sc:Integer",
        ColumnType.Decimal or ColumnType.Float => "sc:Float",
        ColumnType.Boolean => "sc:Boolean",
        ColumnType.Date => "sc:Date",
        ColumnType.Time => "sc:Time",
        ColumnType.Timestamp => "sc:DateTime",
        _ => "sc:Text",
    };
}

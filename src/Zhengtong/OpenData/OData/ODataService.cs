using System.Text;
using System.Text.Json;
using System.Xml;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.OData;

/// <summary>The service document and the metadata document.</summary>
internal static class ODataService
{
    internal const string Namespace = "Zhengtong";
    private const string Edmx = "http://docs.oasis-open.org/odata/ns/edmx";
    private const string Edm = "http://docs.oasis-open.org/odata/ns/edm";
    private const int AtOnce = 200;

    /// <summary>The entity sets, each a published table; streamed.</summary>
    internal static async Task Document(HttpContext http, OpenDataLookup lookup, CancellationToken ct)
    {
        var level = ODataAnswer.MetadataLevel(http);
        http.Response.ContentType = $"application/json;odata.metadata={level};charset=utf-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        json.WriteStartObject();
        if (level != "none") { json.WriteString("@odata.context", $"{RootOf(http)}/$metadata"); }
        json.WriteStartArray("value");
        await foreach (var page in PagesAsync(lookup, ct))
        {
            foreach (var table in page)
            {
                json.WriteStartObject();
                json.WriteString("name", ODataNames.SetOf(table.Resource.Id));
                json.WriteString("title", $"{table.DatasetTitle} · {table.Resource.Name}");
                json.WriteString("kind", "EntitySet");
                json.WriteString("url", ODataNames.SetOf(table.Resource.Id));
                json.WriteEndObject();
            }

            await json.FlushAsync(ct);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>CSDL XML of every entity set; streamed.</summary>
    internal static async Task Metadata(HttpContext http, OpenDataLookup lookup, CancellationToken ct)
    {
        http.Response.ContentType = "application/xml;charset=utf-8";
        await using var xml = XmlWriter.Create(http.Response.Body, new XmlWriterSettings { Async = true, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) });
        await xml.WriteStartElementAsync("edmx", "Edmx", Edmx);
        await xml.WriteAttributeStringAsync(null, "Version", null, "4.0");
        await xml.WriteStartElementAsync("edmx", "DataServices", Edmx);
        await xml.WriteStartElementAsync(null, "Schema", Edm);
        await xml.WriteAttributeStringAsync(null, "Namespace", null, Namespace);
        await foreach (var page in PagesAsync(lookup, ct))
        {
            foreach (var table in page) { await EntityTypeAsync(xml, table); }
            await xml.FlushAsync();
        }

        await xml.WriteStartElementAsync(null, "EntityContainer", Edm);
        await xml.WriteAttributeStringAsync(null, "Name", null, "Portal");
        await foreach (var page in PagesAsync(lookup, ct))
        {
            foreach (var set in page.Select(t => ODataNames.SetOf(t.Resource.Id)))
            {
                await xml.WriteStartElementAsync(null, "EntitySet", Edm);
                await xml.WriteAttributeStringAsync(null, "Name", null, set);
                await xml.WriteAttributeStringAsync(null, "EntityType", null, $"{Namespace}.{set}");
                await xml.WriteEndElementAsync();
            }
        }

        await xml.WriteEndElementAsync();
        await xml.WriteEndElementAsync();
        await xml.WriteEndElementAsync();
        await xml.WriteEndElementAsync();
        await xml.FlushAsync();
    }

    internal static string RootOf(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}{ODataModule.Root}";

    /// <summary>The EDM type of a column. Moments have no zone in the tables: they are given as UTC.</summary>
    internal static string TypeOf(ColumnType type) => type switch
    {
        ColumnType.Integer => "Edm.Int64",
        ColumnType.Decimal => "Edm.Decimal",
        ColumnType.Float => "Edm.Double",
        ColumnType.Boolean => "Edm.Boolean",
        ColumnType.Date => "Edm.Date",
        ColumnType.Time => "Edm.TimeOfDay",
        ColumnType.Timestamp => "Edm.DateTimeOffset",
        _ => "Edm.String",
    };

    private static async Task EntityTypeAsync(XmlWriter xml, PublicTable table)
    {
        await xml.WriteStartElementAsync(null, "EntityType", Edm);
        await xml.WriteAttributeStringAsync(null, "Name", null, ODataNames.SetOf(table.Resource.Id));
        await xml.WriteStartElementAsync(null, "Key", Edm);
        await xml.WriteStartElementAsync(null, "PropertyRef", Edm);
        await xml.WriteAttributeStringAsync(null, "Name", null, "_id");
        await xml.WriteEndElementAsync();
        await xml.WriteEndElementAsync();
        await PropertyAsync(xml, "_id", "Edm.Int64", null, null);
        foreach (var (column, name) in table.Table.Columns.Zip(ODataNames.PropertiesOf(table.Table))) { await PropertyAsync(xml, name, TypeOf(column.Type), column, column.Title ?? column.Name); }
        await xml.WriteEndElementAsync();
    }

    private static async Task PropertyAsync(XmlWriter xml, string name, string type, TableColumn? column, string? title)
    {
        await xml.WriteStartElementAsync(null, "Property", Edm);
        await xml.WriteAttributeStringAsync(null, "Name", null, name);
        await xml.WriteAttributeStringAsync(null, "Type", null, type);
        await xml.WriteAttributeStringAsync(null, "Nullable", null, column is null ? "false" : "true");
        if (column is { Type: ColumnType.Decimal })
        {
            await xml.WriteAttributeStringAsync(null, "Precision", null, XmlConvert.ToString(column.Precision));
            await xml.WriteAttributeStringAsync(null, "Scale", null, XmlConvert.ToString(column.Scale));
        }

        if (column is { Type: ColumnType.Timestamp or ColumnType.Time }) { await xml.WriteAttributeStringAsync(null, "Precision", null, "6"); }
        if (title is not null)
        {
            // What it is called where it was published: the property's own name may only be an identifier.
            await xml.WriteStartElementAsync(null, "Annotation", Edm);
            await xml.WriteAttributeStringAsync(null, "Term", null, "Org.OData.Core.V1.Description");
            await xml.WriteAttributeStringAsync(null, "String", null, string.Concat(title.EnumerateRunes().Where(r => r.Value is 9 or 10 or 13 or (>= 0x20 and not 0xFFFE and not 0xFFFF))));
            await xml.WriteEndElementAsync();
        }

        await xml.WriteEndElementAsync();
    }

    private static async IAsyncEnumerable<IReadOnlyList<PublicTable>> PagesAsync(OpenDataLookup lookup, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        for (var offset = 0; ; offset += AtOnce)
        {
            var page = await lookup.ListTablesAsync(withPlaces: false, offset, AtOnce, ct);
            yield return page;
            if (page.Count < AtOnce) { yield break; }
        }
    }
}

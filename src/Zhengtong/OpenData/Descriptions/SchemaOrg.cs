using System.Buffers;
using System.Text;
using System.Text.Json;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>A dataset for search engines: schema.org's Dataset as JSON-LD, for a block in its page.</summary>
internal static class SchemaOrg
{
    private const int Shortest = 50;
    private const int Longest = 5000;
    private const int MostColumns = 200;

    /// <summary>The script element, ready to stand in a page. Nothing in it can end it: <c>&lt;</c> is always escaped.</summary>
    internal static string Block(Described dataset, PortalAddress at) => $"<script type=\"application/ld+json\">{Of(dataset, at)}</script>";

    /// <summary>The catalogue as schema.org's DataCatalog, ready to stand in a page.</summary>
    internal static string CatalogueBlock(PortalAddress at)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, PublicText.JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("@context", "https://schema.org/");
            json.WriteString("@type", "DataCatalog");
            json.WriteString("@id", at.Home);
            json.WriteString("name", Bilingual.Of("open-data.describe.catalogue").Chinese);
            json.WriteString("description", Bilingual.Of("open-data.describe.catalogue.notes").Chinese);
            json.WriteString("url", at.Search);
            json.WriteString("inLanguage", "zh");
            json.WriteBoolean("isAccessibleForFree", true);
            json.WriteStartObject("potentialAction");
            json.WriteString("@type", "SearchAction");
            json.WriteString("target", $"{at.Search}?text={{search_term_string}}");
            json.WriteString("query-input", "required name=search_term_string");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return $"<script type=\"application/ld+json\">{Encoding.UTF8.GetString(bytes.WrittenSpan)}</script>";
    }

    /// <summary>The JSON.</summary>
    internal static string Of(Described dataset, PortalAddress at)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, PublicText.JsonOptions)) { Write(json, dataset, at); }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, Described dataset, PortalAddress at)
    {
        var says = dataset.Says;
        json.WriteStartObject();
        json.WriteString("@context", "https://schema.org/");
        json.WriteString("@type", "Dataset");
        json.WriteString("@id", dataset.Subject(at));
        json.Text("name", says.Title);
        json.Text("description", Description(dataset));
        json.WriteString("identifier", dataset.IsCurrent ? dataset.Dataset.Id : dataset.Version.Id);
        json.WriteString("url", dataset.IsCurrent ? at.Page(dataset.Dataset) : at.Page(dataset.Dataset, dataset.Version.Id));
        json.WriteString("version", PublicText.Number(dataset.Version.Number));
        json.WriteString("datePublished", PublicText.Moment(dataset.Dataset.PublishedAt ?? dataset.PublishedAt));
        json.WriteString("dateModified", PublicText.Moment(dataset.PublishedAt));
        json.WriteString("license", at.Licence(dataset.Licence));
        json.WriteBoolean("isAccessibleForFree", dataset.GivesData);
        json.Text("conditionsOfAccess", dataset.Condition);
        json.WriteString("inLanguage", PublicText.LanguageOf(says.Title + dataset.Notes));
        Texts(json, "keywords", dataset.Keywords);
        json.WriteStartArray("about");
        foreach (var theme in dataset.Themes)
        {
            json.WriteStartObject();
            json.WriteString("@type", "DefinedTerm");
            json.WriteString("@id", at.Theme(theme.Id));
            json.WriteString("name", Bilingual.Of($"open-data.theme.{theme.Id}").Chinese);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        foreach (var role in new[] { "publisher", "creator" })
        {
            json.WriteStartObject(role);
            json.WriteString("@type", "GovernmentOrganization");
            json.WriteString("@id", at.Organisation(dataset.Publisher.Id));
            json.Text("name", dataset.Publisher.Name);
            json.WriteStartObject("contactPoint");
            json.WriteString("@type", "ContactPoint");
            json.Text("name", says.ContactName);
            json.Text("email", says.ContactMail);
            json.Text("telephone", says.ContactPhone);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteStartObject("includedInDataCatalog");
        json.WriteString("@type", "DataCatalog");
        json.WriteString("name", Bilingual.Of("open-data.describe.catalogue").Chinese);
        json.WriteString("url", at.Home);
        json.WriteEndObject();
        json.Text("temporalCoverage", PublicText.Period(says.From, says.To));
        json.WriteStartObject("spatialCoverage");
        json.WriteString("@type", "Place");
        json.Text("name", dataset.Place);
        json.WriteString("identifier", dataset.Region.ToString());
        if (Extent.Of(dataset.Resources) is { } e)
        {
            json.WriteStartObject("geo");
            json.WriteString("@type", "GeoShape");
            // South and west first: schema.org names latitudes before longitudes.
            json.WriteString("box", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{e.South} {e.West} {e.North} {e.East}"));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (!dataset.IsClosed)
        {
            json.WriteStartArray("distribution");
            foreach (var resource in dataset.Resources) { WriteDownload(json, dataset, resource, at); }
            json.WriteEndArray();
            json.WriteStartArray("variableMeasured");
            foreach (var column in dataset.Resources.SelectMany(r => r.Table?.Columns ?? []).DistinctBy(c => c.Name).Take(MostColumns)) { WriteVariable(json, column); }
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteDownload(Utf8JsonWriter json, Described dataset, DatasetResource resource, PortalAddress at)
    {
        json.WriteStartObject();
        json.WriteString("@type", "DataDownload");
        json.WriteString("@id", at.Resource(dataset.Dataset.Id, resource.Id));
        json.Text("name", resource.Name);
        json.Text("description", resource.Description);
        json.Text("encodingFormat", resource.MediaType);
        if (dataset.Download(at, resource) is { } file)
        {
            json.WriteString("contentUrl", file);
            json.WriteString("sha256", resource.Content.Value);
        }

        json.WriteString("url", at.Resource(dataset.Dataset.Id, resource.Id));
        json.WriteString("contentSize", $"{PublicText.Number(resource.Bytes)} B");
        json.WriteString("datePublished", PublicText.Moment(dataset.PublishedAt));
        json.WriteString("dateModified", PublicText.Moment(dataset.PublishedAt));
        json.WriteString("license", at.Licence(dataset.Licence));
        json.WriteEndObject();
    }

    private static void WriteVariable(Utf8JsonWriter json, TableColumn column)
    {
        json.WriteStartObject();
        json.WriteString("@type", "PropertyValue");
        json.Text("name", column.Name);
        json.Text("alternateName", column.Title);
        json.Text("description", column.Description);
        json.Text("unitText", column.Unit);
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) { json.WriteStringValue(PublicText.Clean(text)); }
        json.WriteEndArray();
    }

    /// <summary>50 to 5,000 characters, as search engines want; what is short is made longer by what else is known.</summary>
    private static string Description(Described dataset)
    {
        var text = dataset.Notes.Trim();
        if (text.Length < Shortest)
        {
            var columns = string.Join(' ', dataset.Resources.SelectMany(r => r.Table?.Columns ?? []).Select(c => c.Title ?? c.Name).Distinct().Take(50));
            var more = new[] { text, dataset.Says.Title, dataset.Publisher.Name, dataset.Place, string.Join(' ', dataset.Themes.Select(t => Bilingual.Of($"open-data.theme.{t.Id}").Chinese)), columns,
                Bilingual.Of($"open-data.attribute.{Show.Kebab(dataset.Attribute.ToString())}").Chinese, Bilingual.Of($"open-data.licence.{dataset.Licence.Id}").Chinese, Bilingual.Of("open-data.describe.catalogue.notes").Chinese };
            text = string.Join(" · ", more.Where(t => t.Length > 0));
        }

        return PublicText.Cut(text, Longest);
    }
}

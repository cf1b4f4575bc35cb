using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Published tables in the datastore's words: types, fields, cells.</summary>
internal static class DatastoreTable
{
    /// <summary>The column that numbers the rows.</summary>
    internal const string Id = "_id";

    /// <summary>The table of a resource.</summary>
    /// <exception cref="CkanFault">404: no such table; 403: everybody may know of it, not read it.</exception>
    internal static async Task<PublicResource> FindAsync(CkanCall call, string id)
    {
        if (Guid.TryParse(id, out var guid) && await CkanDrafts.SeenWithAsync(call, guid) is { } draft) { return draft.Resource.HasTable ? draft.Resource : throw CkanDrafts.NoResource(id); }
        PublicResource resource;
        Dataset dataset;
        try { (resource, dataset) = await CkanResources.FindAsync(call, id); }
        catch (CkanFault e) when (e.Status == 404) { throw CkanFault.NotFound($"Resource \"{CkanFault.Shortened(id)}\" was not found."); }
        if (!PublicResources.MayRead(dataset, resource, call.Granted)) { throw CkanFault.Forbidden($"User  not authorized to read resource {resource.Id}"); }
        return resource.HasTable ? resource : throw CkanFault.NotFound($"Resource \"{resource.Id}\" was not found.");
    }

    /// <summary>What the datastore calls a type.</summary>
    internal static string TypeOf(ColumnType type) => type switch
    {
        ColumnType.Integer => "int",
        ColumnType.Decimal => "numeric",
        ColumnType.Float => "float",
        ColumnType.Boolean => "bool",
        ColumnType.Date => "date",
        ColumnType.Time => "time",
        ColumnType.Timestamp => "timestamp",
        ColumnType.Json or ColumnType.Geometry => "json",
        _ => "text",
    };

    /// <summary>A field as searches list it.</summary>
    internal static JsonObject FieldOf(string name, ColumnType type, TableColumn? column)
    {
        var field = new JsonObject { ["id"] = name, ["type"] = TypeOf(type) };
        if (InfoOf(column) is { } info) { field["info"] = info; }
        return field;
    }

    /// <summary>What is said of a column; null when nothing is.</summary>
    internal static JsonObject? InfoOf(TableColumn? column)
    {
        if (column is null or { Title: null, Description: null, Unit: null }) { return null; }
        var info = new JsonObject { ["label"] = column.Title ?? "", ["notes"] = column.Description ?? "", ["type_override"] = "" };
        if (column.Unit is { } unit) { info["unit"] = unit; }
        return info;
    }

    /// <summary>Writes a cell as a JSON value. Numbers are numbers however long; JSON and geometries are nested.</summary>
    internal static void Write(Utf8JsonWriter json, object? cell, ColumnType type)
    {
        switch (cell)
        {
            case null: json.WriteNullValue(); break;
            case long number: json.WriteNumberValue(number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case double: json.WriteNullValue(); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case string text when type is ColumnType.Json or ColumnType.Geometry && CkanRequest.TryParse(text) is { } nested: nested.WriteTo(json, CkanEndpoint.Written); break;
            default: json.WriteStringValue(TextOf(cell)); break;
        }
    }

    /// <summary>The cell as text; empty for none.</summary>
    internal static string TextOf(object? cell) => cell switch
    {
        null => "",
        DateTime moment => moment.ToString(moment.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss" : "yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        bool flag => flag ? "True" : "False",
        _ => Cell.TextOf(cell) ?? "",
    };

    /// <summary>Adds a row, its cells between separators, quoted where they must be (RFC 4180).</summary>
    internal static void AddRow(StringBuilder rows, IEnumerable<string> cells, char separator, string end)
    {
        var first = true;
        foreach (var cell in cells)
        {
            if (!first) { rows.Append(separator); }
            first = false;
            if (cell.AsSpan().IndexOfAny('"', '\n', '\r') < 0 && !cell.Contains(separator, StringComparison.Ordinal)) { rows.Append(cell); }
            else { rows.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"'); }
        }

        rows.Append(end);
    }

    /// <summary>The refusal that a fault of the question becomes.</summary>
    internal static CkanFault Of(TableQueryException e) => e.Part switch
    {
        "columns" => CkanFault.Invalid("fields", $"invalid value \"{CkanFault.Shortened(e.Column ?? "")}\""),
        "orders" => CkanFault.Invalid("sort", $"invalid value \"{CkanFault.Shortened(e.Column ?? "")}\""),
        "where" when e.Reason == TableQueryFault.UnknownColumn => CkanFault.Invalid("filters", $"Unknown field: {CkanFault.Shortened(e.Column ?? "")}"),
        "where" => CkanFault.Invalid("filters", CkanFault.Shortened(e.Message)),
        "text" => CkanFault.Invalid("q", CkanFault.Shortened(e.Message)),
        "sql" => CkanFault.Invalid("query", CkanFault.Shortened(e.Message)),
        _ => CkanFault.Invalid(e.Part, CkanFault.Shortened(e.Message)),
    };
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.TableFormats;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Rows of drafts changed through the interface. A table is an immutable object: each change writes the draft's table anew, all or nothing, and the CSV that is its file.
/// Memory holds the rows that are sent, never those that are there.</summary>
internal static class DatastoreWrites
{
    /// <summary>Most rows of a table that this interface writes; larger ones come as files.</summary>
    internal const long MostRows = 1_000_000;

    /// <summary>Most records of a call.</summary>
    private const int MostRecords = 100_000;

    private const string ReadOnly = "Cannot edit read-only resource because changes made may be lost. Use a resource created for editing e.g. with datastore_create or use \"force=True\" to ignore this warning.";

    /// <summary>Makes a table, or adds columns and rows to one that is there.</summary>
    internal static async Task<object?> CreateAsync(CkanCall call)
    {
        var p = call.Parameters;
        var (id, made) = (p.Text("resource_id") ?? p.Text("id"), ObjectOf(p, "resource"));
        if (id is null && made is null) { p.Wrong("resource_id", "Missing value"); }
        if (id is not null && made is not null) { p.Wrong("resource", "Resource should either be specified by id or created"); }
        if (p.List("aliases") is { Count: > 0 }) { p.Wrong("aliases", Text.Of("open-data.ckan.aliases-none")); }
        if (p.Has("triggers") && p.Given["triggers"] is not JsonArray { Count: 0 }) { p.Wrong("triggers", "Not supported"); }
        var (deletes, force, echoes) = (p.Flag("delete_fields", false), p.Flag("force", false), p.Flag("include_records", false));
        var (fields, records, key) = (CkanDescription.Objects(p, "fields"), RecordsOf(p), p.List("primary_key"));
        p.Check();

        OpenVersion open;
        DatasetResource resource;
        if (made is not null)
        {
            if (CkanParameters.TextOf(made["package_id"]) is not { Length: > 0 } package) { throw CkanFault.Invalid("resource", "package_id: Missing value"); }
            var dataset = await CkanDrafts.FindAsync(call, package);
            (open, _) = await CkanDrafts.OpenAsync(call, dataset.Id);
            if (open.Version.Resources.Count >= DraftFiles.Most) { throw CkanFault.Invalid("resources", Text.Of("open-data.too-many-files")); }
            var name = CkanParameters.TextOf(made["name"]) is { Length: > 0 } said ? said : "data";
            var description = CkanParameters.TextOf(made["description"]) ?? "";
            if (name.Length > 200) { throw CkanFault.Invalid("resource", "name: Length is more than maximum 200"); }
            if (description.Length > 2000) { throw CkanFault.Invalid("resource", "description: Length is more than maximum 2000"); }
            resource = new DatasetResource
            {
                Id = Guid.CreateVersion7(call.Now),
                Name = name,
                Description = description,
                Format = "CSV",
                FileName = DraftFiles.SafeName($"{name}.csv") ?? "data.csv",
                MediaType = "text/csv",
                Content = Digest.Of([]),
                Bytes = 0,
                IsDatastore = true,
            };
        }
        else { (open, resource) = await EditableAsync(call, id!, force); }

        var before = resource.Table;
        var columns = ColumnsOf(before, fields, records, key, deletes);
        var kept = before is null ? [] : columns.Select(c => before.Find(c.Name) is { } old ? old.Position - 1 : -1).ToList();
        var change = new DatastoreChange(columns, kept, records, DatastoreMethod.Insert);
        var table = await WriteAsync(call, before, change);
        await SaveAsync(call, open, resource, table, change);
        var answer = new JsonObject
        {
            ["resource_id"] = resource.Id.ToString(),
            ["fields"] = new JsonArray([.. table.Columns.Select(c => DatastoreTable.FieldOf(c.Name, c.Type, c))]),
            ["primary_key"] = new JsonArray([.. table.Columns.Where(c => c.IsKey).Select(c => (JsonNode)JsonValue.Create(c.Name))]),
            ["method"] = "insert",
            ["delete_fields"] = deletes,
            ["include_records"] = echoes,
        };
        if (made is not null) { answer["package_id"] = open.Dataset.Id.ToString(); }
        if (echoes) { answer["records"] = change.Echo(); }
        return answer;
    }

    /// <summary>Inserts, updates, or both, by the key.</summary>
    internal static async Task<object?> UpsertAsync(CkanCall call)
    {
        var p = call.Parameters;
        var id = p.Text("resource_id") ?? p.Text("id") ?? p.Required("resource_id");
        var method = p.Text("method") ?? "upsert";
        if (method is not ("upsert" or "insert" or "update")) { p.Wrong("method", "Value must be one of upsert, insert, update"); }
        var (force, dry, echoes, records) = (p.Flag("force", false), p.Flag("dry_run", false), p.Flag("include_records", false), RecordsOf(p));
        p.Check();
        var (open, resource) = await EditableAsync(call, id, force);
        var before = resource.Table ?? throw CkanDrafts.NoResource(id);
        foreach (var (row, record) in records.Index())
        {
            var foreign = record.Select(m => m.Key).Where(k => k != DatastoreTable.Id && before.Find(k) is null).ToList();
            if (foreign.Count > 0) { throw Fault("fields", $"fields \"{CkanFault.Shortened(string.Join("\", \"", foreign))}\" do not exist", row); }
        }

        var columns = ColumnsOf(before, null, records, null, deletes: false);
        var change = new DatastoreChange(columns, [.. Enumerable.Range(0, columns.Count)], records, method switch { "insert" => DatastoreMethod.Insert, "update" => DatastoreMethod.Update, _ => DatastoreMethod.Upsert });
        var table = await WriteAsync(call, before, change);
        if (!dry) { await SaveAsync(call, open, resource, table, change); }
        var answer = new JsonObject { ["resource_id"] = resource.Id.ToString(), ["method"] = method, ["include_records"] = echoes };
        if (dry) { answer["dry_run"] = true; }
        // Releases up to 2.11 echo them unasked.
        answer["records"] = change.Echo();
        return answer;
    }

    /// <summary>Deletes rows that satisfy the filters; without filters the table.</summary>
    internal static Task<object?> DeleteAsync(CkanCall call) => DeleteAsync(call, dropsTable: true);

    /// <summary>Deletes rows and never the table.</summary>
    internal static Task<object?> DeleteRecordsAsync(CkanCall call) => DeleteAsync(call, dropsTable: false);

    private static async Task<object?> DeleteAsync(CkanCall call, bool dropsTable)
    {
        var p = call.Parameters;
        var id = p.Text("resource_id") ?? p.Text("id") ?? p.Required("resource_id");
        var (force, shows) = (p.Flag("force", false), p.Flag("include_deleted_records", false));
        var filters = ObjectOf(p, "filters");
        if (!dropsTable && filters is null) { p.Wrong("filters", "Missing value"); }
        p.Check();
        var (open, resource) = await EditableAsync(call, id, force);
        var before = resource.Table ?? throw CkanDrafts.NoResource(id);
        var answer = new JsonObject { ["resource_id"] = resource.Id.ToString() };
        if (filters is null)
        {
            var nothing = new DatastoreChange([], [], [], DatastoreMethod.Insert);
            await SaveAsync(call, open, resource, null, nothing);
            return answer;
        }

        // The dict is read by the searches' own reader, so that what is deleted is what a search finds.
        var query = DatastoreQuestion.Read(new CkanParameters(new JsonObject { ["filters"] = filters.DeepClone() }), before).Query;
        var gone = new HashSet<long>();
        var deleted = new JsonArray();
        try
        {
            await foreach (var row in call.Engine.StreamAsync(before, query with { Columns = shows ? null : [DatastoreTable.Id], Limit = int.MaxValue }, TableLimits.Download, call.Ct))
            {
                gone.Add((long)row[0]!);
                if (!shows || deleted.Count >= DatastoreSearch.MostRows) { continue; }
                var record = new JsonObject { [DatastoreTable.Id] = (long)row[0]! };
                foreach (var (at, column) in before.Columns.Index()) { record[column.Name] = NodeOf(row[at + 1], column.Type); }
                deleted.Add(record);
            }
        }
        catch (TableQueryException e) { throw DatastoreTable.Of(e); }

        var change = new DatastoreChange([.. before.Columns.Select(NewOf)], [.. Enumerable.Range(0, before.Columns.Count)], [], DatastoreMethod.Insert) { Gone = gone };
        var table = await WriteAsync(call, before, change);
        await SaveAsync(call, open, resource, table, change);
        answer["filters"] = filters.DeepClone();
        if (shows) { answer["deleted_records"] = deleted; }
        return answer;
    }

    private static CkanFault Fault(string field, string message, int row)
    {
        var fault = CkanFault.Invalid(field, message);
        fault.Body["records_row"] = row;
        return fault;
    }

    private static JsonObject? ObjectOf(CkanParameters p, string name)
    {
        var given = p.Given[name];
        if (given is JsonValue && CkanParameters.TextOf(given) is { } text) { given = text.Length == 0 ? null : CkanRequest.TryParse(text) ?? given; }
        if (given is null or JsonObject) { return (JsonObject?)given; }
        p.Wrong(name, "Could not parse as valid JSON");
        return null;
    }

    private static List<JsonObject> RecordsOf(CkanParameters p)
    {
        var records = CkanDescription.Objects(p, "records") ?? [];
        if (records.Count > MostRecords) { p.Wrong("records", Text.Of("open-data.ckan.records-many", MostRecords)); }
        return records;
    }

    /// <summary>The resource in its draft; a table that comes from a file is changed by force only, because the next file would undo it.</summary>
    private static async Task<(OpenVersion Open, DatasetResource Resource)> EditableAsync(CkanCall call, string id, bool force)
    {
        if (!force)
        {
            // Looked at before a draft is begun for nothing.
            var known = Guid.TryParse(id, out var guid) ? (await CkanDrafts.SeenWithAsync(call, guid))?.Resource.Resource ?? (await call.Db.PublicResources.AsNoTracking().SingleOrDefaultAsync(r => r.Id == guid, call.Ct))?.Resource : null;
            if (known is { IsDatastore: false }) { throw CkanFault.Invalid("read-only", ReadOnly); }
        }

        var (open, resource, _) = await CkanDrafts.OpenWithAsync(call, id);
        return resource.Table?.Rows > MostRows ? throw CkanFault.Invalid("records", Text.Of("open-data.ckan.rows-many", MostRows)) : (open, resource);
    }

    /// <summary>The columns of the table to be written, wide enough for the numbers that come.</summary>
    private static List<NewColumn> ColumnsOf(DataTable? before, List<JsonObject>? fields, List<JsonObject> records, IReadOnlyList<string>? key, bool deletes)
    {
        var columns = new List<NewColumn>();
        if (before is not null && !(deletes && fields is not null)) { columns.AddRange(before.Columns.Select(NewOf)); }
        foreach (var field in fields ?? [])
        {
            var name = CkanParameters.TextOf(field["id"]) ?? "";
            if (name == DatastoreTable.Id) { continue; }
            if (name.Length is 0 or > 300 || name[0] == '_' || name.Trim() != name || name.Any(c => char.IsControl(c) || c == '"')) { throw CkanFault.Invalid("fields", $"\"{CkanFault.Shortened(name)}\" is not a valid field name"); }
            var info = field["info"] as JsonObject;
            var old = before?.Find(name);
            var type = CkanParameters.TextOf(field["type"]) is { Length: > 0 } said ? TypeOf(said) ?? throw CkanFault.Invalid("fields", $"\"{CkanFault.Shortened(said)}\" is not a valid field type") : old?.Type ?? ColumnType.Text;
            var column = new NewColumn(name, type)
            {
                Title = Info(info, "label", 300) ?? old?.Title,
                Description = Info(info, "notes", 2000) ?? old?.Description,
                Unit = Info(info, "unit", 40) ?? old?.Unit,
                Precision = type == ColumnType.Decimal ? 28 : 0,
                Scale = old?.Type == ColumnType.Decimal ? old.Scale : 0,
                IsKey = old?.IsKey ?? false,
            };
            var at = columns.FindIndex(c => c.Name == name);
            if (at >= 0 && columns[at].Type != type) { throw CkanFault.Invalid("fields", $"the type of \"{CkanFault.Shortened(name)}\" cannot be changed"); }
            if (at >= 0) { columns[at] = column; }
            else if (columns.Any(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase))) { throw CkanFault.Invalid("fields", $"duplicate column name \"{CkanFault.Shortened(name)}\""); }
            else { columns.Add(column); }
        }

        // A type that nobody names is text: what looks like a number in the first row need not be one in the next.
        foreach (var name in fields is null && before is null ? records.SelectMany(r => r.Select(m => m.Key)).Distinct().Where(k => k != DatastoreTable.Id).Take(TableWriter.MostColumns + 1) : [])
        {
            if (name.Length is 0 or > 300 || name[0] == '_' || name.Trim() != name || name.Any(c => char.IsControl(c) || c == '"') || columns.Any(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase))) { throw CkanFault.Invalid("fields", $"\"{CkanFault.Shortened(name)}\" is not a valid field name"); }
            columns.Add(new NewColumn(name, ColumnType.Text));
        }

        if (columns.Count is 0 or > TableWriter.MostColumns) { throw CkanFault.Invalid("fields", columns.Count == 0 ? "Missing value" : Text.Of("open-data.ckan.columns-many", TableWriter.MostColumns)); }
        if (key is not null)
        {
            foreach (var unknown in key.Where(k => columns.All(c => c.Name != k))) { throw CkanFault.Invalid("primary_key", $"field \"{CkanFault.Shortened(unknown)}\" does not exist"); }
            columns = [.. columns.Select(c => c with { IsKey = key.Contains(c.Name) })];
        }

        return [.. columns.Select(c => c.Type == ColumnType.Decimal ? c with { Precision = 28, Scale = Math.Max(c.Scale, ScaleOf(records, c.Name)) } : c)];
    }

    private static NewColumn NewOf(TableColumn c) => new(c.Name, c.Type) { Title = c.Title, Description = c.Description, Unit = c.Unit, Precision = c.Type == ColumnType.Decimal ? 28 : 0, Scale = c.Scale, IsKey = c.IsKey };

    /// <summary>Most digits behind the point that come for a column, at most 18.</summary>
    private static int ScaleOf(List<JsonObject> records, string column) => records
        .Select(r => CkanParameters.TextOf(r[column]) is { Length: < 60 } text && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? Math.Min((int)number.Scale, 18) : 0).DefaultIfEmpty(0).Max();

    private static string? Info(JsonObject? info, string name, int most) => info is not null && CkanParameters.TextOf(info[name]) is { Length: > 0 } text ? text[..Math.Min(text.Length, most)] : null;

    private static ColumnType? TypeOf(string name) => name.ToLowerInvariant() switch
    {
        "text" or "varchar" or "string" => ColumnType.Text,
        "int" or "integer" or "bigint" or "int4" or "int8" or "smallint" => ColumnType.Integer,
        "numeric" or "decimal" => ColumnType.Decimal,
        "float" or "float4" or "float8" or "double" or "real" or "double precision" => ColumnType.Float,
        "bool" or "boolean" => ColumnType.Boolean,
        "date" => ColumnType.Date,
        "time" => ColumnType.Time,
        "timestamp" or "timestamptz" => ColumnType.Timestamp,
        "json" or "jsonb" => ColumnType.Json,
        var list when list.EndsWith("[]", StringComparison.Ordinal) || list.StartsWith('_') => ColumnType.Json,
        _ => null,
    };

    internal static JsonNode? NodeOf(object? cell, ColumnType type)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) { DatastoreTable.Write(json, cell, type); }
        return JsonNode.Parse(buffer.ToArray());
    }

    private static async Task<DataTable> WriteAsync(CkanCall call, DataTable? before, DatastoreChange change)
    {
        var places = before?.Places is { } p && change.Kept.Select((k, at) => k == at).All(same => same) ? new NewPlaces(p.Geometry, p.Longitude, p.Latitude, p.System) : null;
        var rows = before is null ? AsyncEnumerable.Empty<object?[]>() : call.Engine.StreamAsync(before, new TableQuery { Limit = int.MaxValue }, TableLimits.Download, call.Ct);
        // A number with more digits than a decimal of this language holds would come back as another.
        if (before?.Columns.Any(c => c is { Type: ColumnType.Decimal, Precision: > 28 }) == true) { throw CkanFault.Invalid("records", "numeric field overflow"); }
        DataTable table;
        try { table = await call.Service<TableWriter>().WriteAsync(change.Columns, change.Apply(rows, call.Ct), places, call.Ct); }
        // Finer numbers beside ones as large as the column holds, or a geometry that is none.
        catch (Exception e) when (e is DuckDBException or OverflowException or InvalidCastException or FormatException or JsonException) { throw CkanFault.Invalid("records", "numeric field overflow"); }
        if (table.Rows > MostRows) { throw CkanFault.Invalid("records", Text.Of("open-data.ckan.rows-many", MostRows)); }
        // A key that is declared over rows that are there, or changed by the row's number, may stand twice.
        List<string> keys = [.. table.Columns.Where(c => c.IsKey).Select(c => c.Name)];
        var different = keys.Count == 0 ? table.Rows : (await call.Engine.AskAsync(table, new TableQuery { Columns = keys, Distinct = true, Limit = 0, Count = true }, TableLimits.Download, call.Ct)).Total;
        return different == table.Rows ? table : throw CkanFault.Invalid("constraints", DatastoreChange.NotUnique);
    }

    /// <summary>Names the new table in the draft, and for a table of rows the CSV it was written out to.</summary>
    private static async Task SaveAsync(CkanCall call, OpenVersion open, DatasetResource resource, DataTable? table, DatastoreChange change)
    {
        var store = call.Service<ObjectStore>();
        var filled = resource with { Table = table, BadRows = table is null ? null : resource.BadRows, BadRowCount = table is null ? 0 : resource.BadRowCount };
        if (resource.IsDatastore)
        {
            var scratch = call.Service<TableScratch>();
            var path = scratch.NewPath("csv");
            try
            {
                await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 64 * 1024, FileOptions.Asynchronous))
                {
                    if (table is not null) { await TableDownload.WriteAsync(call.Engine, table, new TableQuery { Columns = [.. table.Columns.Select(c => c.Name)], Limit = int.MaxValue }, TableFormat.Csv, file, bom: false, CoordinateSystem.Wgs84, call.Ct); }
                }

                await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
                var put = await store.PutAsync(content, call.Ct);
                filled = filled with { Content = put.Digest, Bytes = put.Length };
            }
            finally { TableScratch.Remove(path); }
        }

        var (dataset, version) = open;
        var known = version.Resources.Any(r => r.Id == filled.Id);
        version.Draft(version.Description, known ? [.. version.Resources.Select(r => r.Id == filled.Id ? filled : r)] : [.. version.Resources, filled], version.ChangeNote);
        await VersionObjects.ReferAsync(call.Db, version, call.Now, call.Ct);
        call.Db.Ledger.Add(LedgerEntry.Of("open-data.rows-written", dataset.Id, call.Actor, call.Now, after: new { version.Number, resource = filled.Id, rows = table?.Rows, added = change.Added, changed = change.Changed, deleted = change.Gone.Count, sha256 = table?.Content.Value }));
        try { await call.Db.SaveChangesAsync(call.Ct); }
        catch (DbUpdateConcurrencyException) { throw CkanFault.Invalid("state", Text.Of("open-data.changed-meanwhile")); }
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Ckan;

/// <summary>What becomes of records that are sent.</summary>
internal enum DatastoreMethod
{
    /// <summary>All are new.</summary>
    Insert,
    /// <summary>All are there.</summary>
    Update,
    /// <summary>Each is there or new.</summary>
    Upsert,
}

/// <summary>The rows of a table with records put among them, in one pass.</summary>
/// <param name="columns">Of the table to be written.</param>
/// <param name="kept">For each of them the place, from 0, of the column that is there; below 0 for a new one. Empty without a table.</param>
/// <param name="records">What is sent.</param>
/// <param name="method">What becomes of it.</param>
internal sealed class DatastoreChange(IReadOnlyList<NewColumn> columns, IReadOnlyList<int> kept, IReadOnlyList<JsonObject> records, DatastoreMethod method)
{
    internal const string NotUnique = "Cannot insert records or create index because of uniqueness constraint";

    private static readonly string[] Moments =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF"];

    private static readonly string[] Times = ["HH:mm", "HH:mm:ss", "HH:mm:ss.FFFFFF"];

    /// <summary>Cells of a row that no record has a value for.</summary>
    private static readonly object Unsaid = new();

    private readonly List<(long Id, object?[] Cells)> written = [];

    internal IReadOnlyList<NewColumn> Columns { get; } = columns;

    internal IReadOnlyList<int> Kept { get; } = kept;

    /// <summary>Numbers of the rows that go.</summary>
    internal IReadOnlySet<long> Gone { get; init; } = new HashSet<long>();

    /// <summary>Rows that are new.</summary>
    internal int Added { get; private set; }

    /// <summary>Rows that have other cells than before.</summary>
    internal int Changed { get; private set; }

    /// <summary>The rows to be written.</summary>
    /// <param name="before">The rows that are there: their number, then their cells.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="CkanFault">409: a value that its column cannot hold, a key that is missing, there twice or not there.</exception>
    internal async IAsyncEnumerable<object?[]> Apply(IAsyncEnumerable<object?[]> before, [EnumeratorCancellation] CancellationToken ct)
    {
        var keys = Columns.Index().Where(c => c.Item.IsKey).Select(c => c.Index).ToList();
        var waiting = new Dictionary<string, (int Row, object?[] Cells)>(StringComparer.Ordinal);
        var appended = new List<(int Row, object?[] Cells)>();
        foreach (var (row, record) in records.Index())
        {
            var cells = Columns.Select(c => record.ContainsKey(c.Name) ? CellOf(record[c.Name], c, row) : Unsaid).ToArray();
            var byId = method != DatastoreMethod.Insert && record[DatastoreTable.Id] is { } id ? $"#{CkanParameters.TextOf(id)}" : null;
            if (method != DatastoreMethod.Insert && keys.Count == 0 && byId is null) { throw Fault("table", "unique key must be passed for update/upsert", row); }
            var key = byId ?? (keys.Count == 0 ? null : KeyOf(cells, keys, row));
            if (key is null) { appended.Add((row, cells)); }
            else if (!waiting.TryAdd(key, (row, cells)))
            {
                if (method == DatastoreMethod.Insert) { throw Twice(row); }
                // The later record of the same key counts, over the one before it.
                waiting[key] = (waiting[key].Row, [.. cells.Select((c, at) => ReferenceEquals(c, Unsaid) ? waiting[key].Cells[at] : c)]);
            }
        }

        var number = 0L;
        await foreach (var old in before.WithCancellation(ct))
        {
            var id = (long)old[0]!;
            if (Gone.Contains(id)) { continue; }
            var row = new object?[Columns.Count];
            for (var at = 0; at < row.Length; at++) { row[at] = Kept[at] < 0 ? null : old[Kept[at] + 1]; }
            number++;
            if (waiting.Count > 0)
            {
                var isNamed = false;
                // One record names a row by its number and another the same by its key: both count.
                foreach (var name in (string?[])[$"#{id.ToString(CultureInfo.InvariantCulture)}", keys.Count == 0 ? null : KeyOf(row, keys, null)])
                {
                    if (name is null || !waiting.Remove(name, out var by)) { continue; }
                    if (method == DatastoreMethod.Insert) { throw Twice(by.Row); }
                    isNamed = true;
                    for (var at = 0; at < row.Length; at++)
                    {
                        if (!ReferenceEquals(by.Cells[at], Unsaid)) { row[at] = by.Cells[at]; }
                    }
                }

                if (isNamed)
                {
                    Changed++;
                    written.Add((number, [.. row]));
                }
            }

            yield return row;
        }

        foreach (var (key, record) in waiting.OrderBy(w => w.Value.Row))
        {
            if (method == DatastoreMethod.Update || key[0] == '#') { throw Fault("key", $"key \"{CkanFault.Shortened(key[0] == '#' ? key[1..] : key)}\" not found", record.Row); }
            appended.Add(record);
        }

        foreach (var (_, cells) in appended.OrderBy(a => a.Row))
        {
            var row = cells.Select(c => ReferenceEquals(c, Unsaid) ? null : c).ToArray();
            Added++;
            written.Add((++number, [.. row]));
            yield return row;
        }
    }

    /// <summary>The records as they were written, each with its number.</summary>
    internal JsonArray Echo() => new([.. written.Select(w =>
    {
        var record = new JsonObject { [DatastoreTable.Id] = w.Id };
        foreach (var (at, column) in Columns.Index()) { record[column.Name] = DatastoreWrites.NodeOf(w.Cells[at], column.Type); }
        return record;
    })]);

    private string KeyOf(object?[] cells, List<int> keys, int? row)
    {
        var parts = new List<string?>();
        foreach (var at in keys)
        {
            if (row is { } n && ReferenceEquals(cells[at], Unsaid)) { throw Fault("key", $"fields \"{Columns[at].Name}\" are missing but needed as key", n); }
            // The scale of a number is no part of its value.
            parts.Add(cells[at] is decimal number ? (number / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture) : Tables.Cell.TextOf(cells[at]));
        }

        return JsonSerializer.Serialize(parts, CkanEndpoint.Written);
    }

    private static object? CellOf(JsonNode? value, NewColumn column, int row)
    {
        if (value is null) { return null; }
        var text = value is JsonValue ? CkanParameters.TextOf(value) : null;
        if (column.Type is ColumnType.Json or ColumnType.Geometry) { return value is JsonValue && value.GetValueKind() == JsonValueKind.String && CkanRequest.TryParse(text!) is not null ? text : value.ToJsonString(CkanEndpoint.Written); }
        if (column.Type == ColumnType.Text) { return text ?? value.ToJsonString(CkanEndpoint.Written); }
        if (text is null) { throw Wrong(); }
        text = text.Trim();
        if (text.Length == 0) { return null; }
        var invariant = CultureInfo.InvariantCulture;
        switch (column.Type)
        {
            case ColumnType.Integer: return long.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out var whole) ? whole : decimal.TryParse(text, NumberStyles.Float, invariant, out var exact) && exact == decimal.Truncate(exact) && exact is >= long.MinValue and <= long.MaxValue ? (long)exact : throw Wrong();
            case ColumnType.Decimal:
                if (!decimal.TryParse(text, NumberStyles.Float, invariant, out var number) || decimal.Round(number, column.Scale) != number || Math.Abs(number) >= (decimal)Math.Pow(10, 28 - column.Scale)) { throw Wrong(); }
                return number;
            case ColumnType.Float: return double.TryParse(text, NumberStyles.Float, invariant, out var real) && double.IsFinite(real) ? real : throw Wrong();
            case ColumnType.Boolean: return text.ToLowerInvariant() switch { "true" or "t" or "yes" or "y" or "on" or "1" => true, "false" or "f" or "no" or "n" or "off" or "0" => false, _ => throw Wrong() };
            case ColumnType.Date: return DateOnly.TryParseExact(text, "yyyy-MM-dd", invariant, DateTimeStyles.None, out var day) ? day : DateTime.TryParseExact(text, Moments, invariant, DateTimeStyles.None, out var with) ? DateOnly.FromDateTime(with) : throw Wrong();
            case ColumnType.Time: return TimeOnly.TryParseExact(text, Times, invariant, DateTimeStyles.None, out var time) ? time : throw Wrong();
            case ColumnType.Timestamp:
                if (DateTime.TryParseExact(text, Moments, invariant, DateTimeStyles.None, out var moment)) { return moment; }
                // With a zone it is kept as UTC, as PostgreSQL's timestamp does with what Python writes.
                return DateTimeOffset.TryParse(text, invariant, DateTimeStyles.AssumeUniversal, out var zoned) ? DateTime.SpecifyKind(zoned.UtcDateTime, DateTimeKind.Unspecified) : throw Wrong();
            default: throw Wrong();
        }

        CkanFault Wrong() => Fault("records", $"invalid input syntax for type {DatastoreTable.TypeOf(column.Type)}: \"{CkanFault.Shortened(text ?? value.ToJsonString(CkanEndpoint.Written))}\"", row);
    }

    private static CkanFault Twice(int row) => Fault("constraints", NotUnique, row);

    private static CkanFault Fault(string field, string message, int row)
    {
        var fault = CkanFault.Invalid(field, message);
        fault.Body["records_row"] = row;
        return fault;
    }
}

using System.Globalization;
using DuckDB.NET.Data;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>Reads a Parquet file with the types it declares. Numbers that do not fit 64 bits or 28 digits, moments with a zone and finer than microseconds, and bytes are text; nested values are JSON.</summary>
internal sealed class ParquetRows : RowSource
{
    private readonly DuckDBConnection connection;
    private readonly DuckDBCommand command;
    private readonly DuckDBDataReader reader;
    private readonly IReadOnlyList<SourceColumn> columns;
    private readonly char[] room = new char[64];

    private ParquetRows(ImportOptions limits, DuckDBConnection connection, DuckDBCommand command, DuckDBDataReader reader, IReadOnlyList<SourceColumn> columns) : base(limits) =>
        (this.connection, this.command, this.reader, this.columns) = (connection, command, reader, columns);

    internal override IReadOnlyList<SourceColumn> Columns => columns;

    internal override long BytesRead => 0;

    internal static ParquetRows Open(string path, ImportOptions limits)
    {
        var connection = new DuckDBConnection("DataSource=:memory:");
        DuckDBCommand? command = null;
        try
        {
            connection.Open();
            command = connection.CreateCommand();
            command.CommandText = "SET memory_limit = '512MB'; SET threads = 2; SET TimeZone = 'Asia/Shanghai'";
            command.ExecuteNonQuery();
            var source = $"read_parquet('{path.Replace("'", "''", StringComparison.Ordinal)}')";
            var columns = new List<(string Name, string Type)>();
            command.CommandText = $"DESCRIBE SELECT * FROM {source}";
            using (var described = command.ExecuteReader())
            {
                while (described.Read()) { columns.Add((described.GetString(0), described.GetString(1))); }
            }

            if (columns.Count > limits.Columns) { throw new ImportFault("too-many-columns", $"{columns.Count} > {limits.Columns}"); }
            // Names never enter the statement: columns are known by their place.
            var names = string.Join(", ", columns.Select((_, n) => $"p{n}"));
            command.CommandText = $"SELECT {string.Join(", ", columns.Select((c, n) => ExpressionOf(c.Type, $"p{n}")))} FROM {source} AS t({names})";
            command.UseStreamingMode = true;
            return new ParquetRows(limits, connection, command, (DuckDBDataReader)command.ExecuteReader(), [.. columns.Select(c => ColumnOf(c.Name, c.Type))]);
        }
        catch (DuckDBException e)
        {
            command?.Dispose();
            connection.Dispose();
            throw new ImportFault("parquet", HeaderNames.Cut(e.Message.Replace(path, "", StringComparison.Ordinal), 200));
        }
        catch
        {
            command?.Dispose();
            connection.Dispose();
            throw;
        }
    }

    internal override ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            if (!reader.Read()) { return ValueTask.FromResult(false); }
        }
        catch (DuckDBException e) { throw new ImportFault("parquet", HeaderNames.Cut(e.Message, 200)); }
        Begin(columns.Count);
        Line++;
        for (var n = 0; n < columns.Count; n++)
        {
            if (!reader.IsDBNull(n)) { Take(n); }
        }

        return ValueTask.FromResult(true);
    }

    internal override string RawOf(int most) => HeaderNames.Cut(string.Join('\t', Enumerable.Range(0, Math.Min(Count, 200)).Select(n => HeaderNames.Cut(this[n].ToString(), 1000))), most);

    public override async ValueTask DisposeAsync()
    {
        await reader.DisposeAsync();
        await command.DisposeAsync();
        await connection.DisposeAsync();
    }

    private void Take(int n)
    {
        var (format, culture) = (default(string), CultureInfo.InvariantCulture);
        var (written, length) = columns[n].Declared switch
        {
            ColumnType.Integer => (reader.GetInt64(n).TryFormat(room, out var l, format, culture), l),
            ColumnType.Decimal => (reader.GetDecimal(n).TryFormat(room, out var l, format, culture), l),
            ColumnType.Float => (reader.GetDouble(n).TryFormat(room, out var l, "R", culture), l),
            ColumnType.Boolean => (reader.GetBoolean(n).TryFormat(room, out var l), l),
            ColumnType.Date => (reader.GetFieldValue<DateOnly>(n).TryFormat(room, out var l, "yyyy-MM-dd", culture), l),
            ColumnType.Time => (reader.GetFieldValue<TimeOnly>(n).TryFormat(room, out var l, "HH:mm:ss.FFFFFF", culture), l),
            ColumnType.Timestamp => (reader.GetDateTime(n).TryFormat(room, out var l, "yyyy-MM-dd HH:mm:ss.FFFFFF", culture), l),
            _ => (false, -1),
        };
        if (length >= 0 && written) { Set(n, room.AsSpan(0, length)); }
        else { Set(n, reader.GetString(n), columns[n].Declared == ColumnType.Json ? CellKind.Json : CellKind.Text); }
    }

    private static SourceColumn ColumnOf(string name, string type) => type switch
    {
        "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" => new(name, ColumnType.Integer),
        "FLOAT" or "DOUBLE" => new(name, ColumnType.Float),
        "BOOLEAN" => new(name, ColumnType.Boolean),
        "DATE" => new(name, ColumnType.Date),
        "TIME" => new(name, ColumnType.Time),
        "TIMESTAMP" or "TIMESTAMP_S" or "TIMESTAMP_MS" => new(name, ColumnType.Timestamp),
        _ when Fits(type) is { } fit => new(name, ColumnType.Decimal, fit.Precision, fit.Scale),
        _ when IsNested(type) => new(name, ColumnType.Json),
        _ => new(name, ColumnType.Text),
    };

    private static string ExpressionOf(string type, string name) => ColumnOf("", type).Declared switch
    {
        ColumnType.Integer => $"{name}::BIGINT",
        // An infinity or not-a-number is no value of a published table.
        ColumnType.Float => $"CASE WHEN isfinite({name}) THEN {name}::DOUBLE END",
        ColumnType.Timestamp => $"{name}::TIMESTAMP",
        ColumnType.Date => $"CASE WHEN year({name}) BETWEEN 1 AND 9999 THEN {name} END",
        ColumnType.Json => $"to_json({name})::VARCHAR",
        ColumnType.Text => $"{name}::VARCHAR",
        _ => name,
    };

    private static (int Precision, int Scale)? Fits(string type)
    {
        if (!type.StartsWith("DECIMAL(", StringComparison.Ordinal) || type[8..^1].Split(',') is not [var precision, var scale]) { return null; }
        var p = int.Parse(precision, CultureInfo.InvariantCulture);
        return p <= 28 ? (p, int.Parse(scale, CultureInfo.InvariantCulture)) : null;
    }

    private static bool IsNested(string type) => type.EndsWith(']') || type.StartsWith("STRUCT(", StringComparison.Ordinal) || type.StartsWith("MAP(", StringComparison.Ordinal) || type == "JSON";
}

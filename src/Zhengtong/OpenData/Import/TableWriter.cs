using System.Globalization;
using DuckDB.NET.Data;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>Writes typed rows as the immutable Parquet object of a <see cref="DataTable"/>, and counts what its columns hold. Memory is bounded whatever the number of rows:
/// they go through a temporary DuckDB file, at most about as large as the rows, into a Parquet file with zstd in row groups of 122,880 (fewer where rows are wide), sorted by <c>_id</c>.</summary>
internal sealed class TableWriter(ObjectStore store, TableScratch scratch)
{
    private const int RowGroup = 122_880;
    private const int ProfiledAtOnce = 40;

    /// <summary>Above so many different values the frequent ones are not looked for.</summary>
    private const long MostCounted = 1_000_000;

    /// <summary>Most columns of a table.</summary>
    internal const int MostColumns = 2000;

    /// <summary>Writes all rows. A cell is null or a <see cref="string"/>, <see cref="long"/>, <see cref="decimal"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="DateOnly"/>,
    /// <see cref="TimeOnly"/> or <see cref="DateTime"/> as its column's type says, one for each column; the array may be used again for the next row. Not inside an open transaction of the platform's database.</summary>
    /// <param name="columns">1 to 2,000 columns, names unique without regard to case.</param>
    /// <param name="rows">The rows in their order; <c>_id</c> counts them from 1.</param>
    /// <param name="places">Which columns say where the rows are; null for none.</param>
    /// <param name="ct">Stops it; nothing is left behind.</param>
    /// <exception cref="InvalidCastException">A cell is not of its column's type.</exception>
    /// <exception cref="ArgumentException">Too many columns, a row of another number of cells, a text with a NUL character.</exception>
    internal async Task<DataTable> WriteAsync(IReadOnlyList<NewColumn> columns, IAsyncEnumerable<object?[]> rows, NewPlaces? places, CancellationToken ct)
    {
        if (columns.Count is 0 or > MostColumns) { throw new ArgumentException($"A table has 1 to {MostColumns} columns, not {columns.Count}", nameof(columns)); }
        var (database, spill, parquet) = (scratch.NewPath("duckdb"), scratch.NewPath("spill"), scratch.NewPath("parquet"));
        try
        {
            List<TableColumn> profiled;
            long count;
            var extent = new GeometryExtent();
            using (var connection = new DuckDBConnection("DataSource=:memory:"))
            {
                connection.Open();
                // Wide rows: a row group is held in memory until it is full.
                var group = Math.Clamp(RowGroup * 60L / columns.Count / 2048 * 2048, 2048, RowGroup);
                Run(connection, $"SET memory_limit = '512MB'; SET threads = {Math.Clamp(Environment.ProcessorCount, 1, 4)}; SET temp_directory = {Quote(spill)}; SET preserve_insertion_order = true");
                Run(connection, $"ATTACH {Quote(database)} AS scratch (ROW_GROUP_SIZE {group}); USE scratch");
                Run(connection, $"CREATE TABLE rows ({string.Join(", ", DefinitionsOf(columns, places is not null))})");
                var letters = columns.Select(_ => new Letters()).ToArray();
                (count, extent) = await AppendAsync(connection, columns, letters, rows, places, ct);
                profiled = Profile(connection, columns, letters, count, ct);
                Run(connection, $"COPY rows TO {Quote(parquet)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})", ct);
            }

            TableScratch.Remove(database, $"{database}.wal");
            await using var content = new FileStream(parquet, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            var put = await store.PutAsync(content, ct);
            return new DataTable
            {
                Content = put.Digest,
                Bytes = put.Length,
                Rows = count,
                Columns = profiled,
                Places = places is null ? null : new TablePlaces(places.Geometry, places.Longitude, places.Latitude, places.System is CoordinateSystem.None ? CoordinateSystem.Wgs84 : places.System,
                    extent.IsEmpty ? [] : [extent.West, extent.South, extent.East, extent.North]),
            };
        }
        finally
        {
            TableScratch.Remove(database, $"{database}.wal", spill, parquet);
        }
    }

    private static IEnumerable<string> DefinitionsOf(IReadOnlyList<NewColumn> columns, bool hasPlaces) =>
        ["_id BIGINT", .. columns.Select((c, n) => $"c{n + 1} {SqlTypeOf(c)}"), .. hasPlaces ? (string[])["_west DOUBLE", "_south DOUBLE", "_east DOUBLE", "_north DOUBLE"] : []];

    private static string SqlTypeOf(NewColumn column) => column.Type switch
    {
        ColumnType.Integer => "BIGINT",
        ColumnType.Decimal => $"DECIMAL({column.Precision},{column.Scale})",
        ColumnType.Float => "DOUBLE",
        ColumnType.Boolean => "BOOLEAN",
        ColumnType.Date => "DATE",
        ColumnType.Time => "TIME",
        ColumnType.Timestamp => "TIMESTAMP",
        _ => "VARCHAR",
    };

    private static async Task<(long Count, GeometryExtent Extent)> AppendAsync(
        DuckDBConnection connection, IReadOnlyList<NewColumn> columns, Letters[] letters, IAsyncEnumerable<object?[]> rows, NewPlaces? places, CancellationToken ct)
    {
        long count = 0;
        var whole = new GeometryExtent();
        using var appender = connection.CreateAppender("scratch", "main", "rows");
        await foreach (var cells in rows.WithCancellation(ct))
        {
            if (cells.Length != columns.Count) { throw new ArgumentException($"A row of {cells.Length} cells for {columns.Count} columns", nameof(rows)); }
            var row = appender.CreateRow();
            row.AppendValue(++count);
            for (var n = 0; n < cells.Length; n++)
            {
                Append(row, columns[n], cells[n]);
                if (cells[n] is string text) { letters[n].See(text); }
            }

            if (places is not null)
            {
                var extent = PlaceOf(cells, places);
                whole.Add(extent);
                if (extent.IsEmpty) { row.AppendNullValue().AppendNullValue().AppendNullValue().AppendNullValue(); }
                else { row.AppendValue(extent.West).AppendValue(extent.South).AppendValue(extent.East).AppendValue(extent.North); }
            }

            row.EndRow();
        }

        return (count, whole);
    }

    private static void Append(IDuckDBAppenderRow row, NewColumn column, object? cell)
    {
        if (cell is null)
        {
            row.AppendNullValue();
            return;
        }

        _ = column.Type switch
        {
            ColumnType.Integer => row.AppendValue((long)cell),
            ColumnType.Decimal => row.AppendValue((decimal)cell),
            ColumnType.Float => row.AppendValue((double)cell),
            ColumnType.Boolean => row.AppendValue((bool)cell),
            ColumnType.Date => row.AppendValue((DateOnly)cell),
            ColumnType.Time => row.AppendValue((TimeOnly)cell),
            ColumnType.Timestamp => row.AppendValue((DateTime)cell),
            _ => row.AppendValue(Whole((string)cell)),
        };
    }

    /// <summary>DuckDB's appender would end a text at a NUL, in silence.</summary>
    private static string Whole(string text) => text.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException("A text with a NUL character cannot be written") : text;

    private static GeometryExtent PlaceOf(object?[] cells, NewPlaces places)
    {
        if (places.Geometry > 0) { return cells[places.Geometry - 1] is string geometry ? GeometryExtent.Of(geometry, places.System) : new GeometryExtent(); }
        var extent = new GeometryExtent();
        if (cells[places.Longitude - 1] is not { } longitude || cells[places.Latitude - 1] is not { } latitude) { return extent; }
        var (x, y) = (Convert.ToDouble(longitude, CultureInfo.InvariantCulture), Convert.ToDouble(latitude, CultureInfo.InvariantCulture));
        // A row whose numbers cannot be degrees has no place; its cells stay as they are.
        if (x is < -180 or > 180 || y is < -90 or > 90 || double.IsNaN(x + y)) { return extent; }
        var (east, north) = Coordinates.ToWgs84(x, y, places.System);
        extent.Add(east, north);
        return extent;
    }

    private static List<TableColumn> Profile(DuckDBConnection connection, IReadOnlyList<NewColumn> columns, Letters[] letters, long rows, CancellationToken ct)
    {
        var profiled = new List<TableColumn>();
        foreach (var chunk in columns.Index().Chunk(ProfiledAtOnce))
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT {string.Join(", ", chunk.Select(c => AggregatesOf(c.Item, c.Index + 1)))} FROM rows";
            using var stop = ct.Register(command.Cancel);
            using var reader = command.ExecuteReader();
            reader.Read();
            foreach (var (place, (index, column)) in chunk.Index())
            {
                var at = place * 5;
                var filled = reader.GetInt64(at);
                var distinct = Math.Min(reader.GetInt64(at + 1), filled);
                profiled.Add(new TableColumn(column.Name, column.Type)
                {
                    Position = index + 1,
                    Title = column.Title,
                    Description = column.Description,
                    Unit = column.Unit,
                    Precision = column.Type == ColumnType.Decimal ? column.Precision : 0,
                    Scale = column.Type == ColumnType.Decimal ? column.Scale : 0,
                    IsKey = column.IsKey,
                    Profile = new ColumnProfile
                    {
                        Nulls = rows - filled,
                        Distinct = distinct,
                        Least = reader.IsDBNull(at + 2) ? null : TextOf(reader.GetValue(at + 2)),
                        Greatest = reader.IsDBNull(at + 3) ? null : TextOf(reader.GetValue(at + 3)),
                        Mean = reader.IsDBNull(at + 4) ? null : reader.GetDouble(at + 4),
                        IsPlain = column.Type is ColumnType.Text or ColumnType.Json ? letters[index].ArePlain : null,
                        KeepsChinese = column.Type is ColumnType.Text or ColumnType.Json ? letters[index].KeepChinese : null,
                    },
                });
            }
        }

        for (var n = 0; n < profiled.Count; n++)
        {
            var profile = profiled[n].Profile;
            // The estimate is good to a few percent; nearly every value different is half of them here.
            if (profile.Distinct > MostCounted || (profile.Distinct > 1000 && profile.Distinct > (rows - profile.Nulls) / 2) || profiled[n].Type is ColumnType.Geometry or ColumnType.Json) { continue; }
            profiled[n] = profiled[n] with { Profile = Count(connection, profiled[n], ct) };
        }

        return profiled;
    }

    private static string AggregatesOf(NewColumn column, int position)
    {
        var name = $"c{position}";
        var edge = column.Type switch
        {
            ColumnType.Geometry or ColumnType.Json => "NULL::VARCHAR, NULL::VARCHAR",
            // Only its first hundred characters are kept.
            ColumnType.Text => $"min(left({name}, 100)), max(left({name}, 100))",
            _ => $"min({name}), max({name})",
        };
        return $"count({name}), approx_count_distinct({name}), {edge}, {(column.Type is ColumnType.Integer or ColumnType.Decimal or ColumnType.Float ? $"avg({name})::DOUBLE" : "NULL::DOUBLE")}";
    }

    private static ColumnProfile Count(DuckDBConnection connection, TableColumn column, CancellationToken ct)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            WITH counted AS (SELECT {column.Physical} AS v, count(*) AS n FROM rows WHERE {column.Physical} IS NOT NULL GROUP BY 1)
            SELECT v, n, (SELECT count(*) FROM counted) FROM counted ORDER BY n DESC, v LIMIT 20
            """;
        using var stop = ct.Register(command.Cancel);
        using var reader = command.ExecuteReader();
        var (distinct, frequent) = (0L, new List<FrequentValue>());
        while (reader.Read())
        {
            frequent.Add(new FrequentValue(TextOf(reader.GetValue(0)), reader.GetInt64(1)));
            distinct = reader.GetInt64(2);
        }

        var values = frequent.Count > 0 && frequent[0].Count == 1 ? [] : frequent;
        return column.Profile with { Distinct = distinct, Frequent = values };
    }

    /// <summary>A value in its type's invariant form, at most 100 characters.</summary>
    private static string TextOf(object value)
    {
        var text = value switch
        {
            bool b => b ? "true" : "false",
            DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            TimeOnly time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            DateTime moment => moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
        if (text.Length <= 100) { return text; }
        return char.IsHighSurrogate(text[99]) ? text[..99] : text[..100];
    }

    private static string Quote(string path) => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";

    private static void Run(DuckDBConnection connection, string sql, CancellationToken ct = default)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var stop = ct.Register(command.Cancel);
        command.ExecuteNonQuery();
    }

    /// <summary>What the letters of a column are to a search, which compares them in half width and lower case.</summary>
    private sealed class Letters
    {
        /// <summary>Nothing is changed but A to Z.</summary>
        internal bool ArePlain { get; private set; } = true;

        /// <summary>Nothing becomes a Chinese character or mark that was none.</summary>
        internal bool KeepChinese { get; private set; } = true;

        internal void See(string text)
        {
            if (!KeepChinese) { return; }
            foreach (var c in text)
            {
                if (c is >= ' ' and <= '~' or >= '\u4e00' and <= '\u9fff' or >= '\u3400' and <= '\u4dbf' or >= '\u3001' and <= '\u3011') { continue; }
                ArePlain = false;
                // Full width, Latin, Greek, Cyrillic, marks, signs, numbers in circles, kana; of all else it is not said here what it becomes.
                if (c is >= '\uff01' and <= '\uff5e' or '\u3000' or < ' ' or >= '\u00a0' and <= '\u04ff' or >= '\u2000' and <= '\u22ff' or >= '\u2460' and <= '\u24ff' or >= '\u3041' and <= '\u30ff') { continue; }
                KeepChinese = false;
                return;
            }
        }
    }
}

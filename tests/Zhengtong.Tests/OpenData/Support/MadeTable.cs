using System.Globalization;
using DuckDB.NET.Data;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.Tests.OpenData.Support;

/// <summary>Makes tables for tests: a real Parquet file in a real object store.</summary>
internal static class MadeTable
{
    /// <summary>A column without anything counted yet; <see cref="Of"/> gives it its position.</summary>
    internal static TableColumn Column(string name, ColumnType type, int precision = 0, int scale = 0) =>
        new(name, type) { Position = 1, Precision = precision, Scale = scale, Profile = new ColumnProfile { Nulls = 0, Distinct = 0 } };

    /// <summary>The table with these rows, put into the platform's object store. Cells as the engine gives them, or text in the invariant form of the column's type; null for none.</summary>
    /// <param name="store">The platform's object store.</param>
    /// <param name="columns">In order; their positions are set here.</param>
    /// <param name="rows">One cell for each column.</param>
    /// <param name="places">Positions of longitude and latitude in WGS 84 (Float or Decimal), or null.</param>
    /// <param name="rowGroup">Rows of a row group.</param>
    internal static async Task<DataTable> Of(ObjectStore store, IReadOnlyList<TableColumn> columns, IEnumerable<object?[]> rows, (int Longitude, int Latitude)? places = null, int rowGroup = 2_048)
    {
        columns = [.. columns.Index().Select(c => c.Item with { Position = c.Index + 1 })];
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        Run(connection, $"CREATE TABLE made (_id BIGINT, {string.Join(", ", columns.Select(c => $"{c.Physical} VARCHAR"))})");
        long count = 0;
        using (var appender = connection.CreateAppender("made"))
        {
            foreach (var row in rows)
            {
                var to = appender.CreateRow();
                to.AppendValue(++count);
                foreach (var cell in row)
                {
                    if (Text(cell) is { } text) { to.AppendValue(text); }
                    else { to.AppendNullValue(); }
                }

                to.EndRow();
            }
        }

        var extents = places is { } p ? $", c{p.Longitude}::DOUBLE AS _west, c{p.Latitude}::DOUBLE AS _south, c{p.Longitude}::DOUBLE AS _east, c{p.Latitude}::DOUBLE AS _north" : "";
        return await Store(store, connection, columns, $"SELECT _id, {string.Join(", ", columns.Select(c => $"CAST({c.Physical} AS {TableValues.SqlType(c)}) AS {c.Physical}"))}{extents} FROM made ORDER BY _id", count, places, rowGroup);
    }

    /// <summary>A table of any size, made by SQL: <paramref name="select"/> gives c1, c2, ... for each number <c>n</c> from 0.</summary>
    internal static Task<DataTable> Generated(ObjectStore store, IReadOnlyList<TableColumn> columns, long rows, string select, int rowGroup = 61_440)
    {
        columns = [.. columns.Index().Select(c => c.Item with { Position = c.Index + 1 })];
        return Generate();

        async Task<DataTable> Generate()
        {
            using var connection = new DuckDBConnection("DataSource=:memory:");
            connection.Open();
            return await Store(store, connection, columns, string.Create(CultureInfo.InvariantCulture, $"SELECT n + 1 AS _id, {select} FROM range({rows}) AS numbers(n)"), rows, null, rowGroup);
        }
    }

    private static async Task<DataTable> Store(ObjectStore store, DuckDBConnection connection, IReadOnlyList<TableColumn> columns, string select, long rows, (int Longitude, int Latitude)? places, int rowGroup)
    {
        var file = Path.Combine(Path.GetTempPath(), $"made-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}.parquet");
        try
        {
            Run(connection, string.Create(CultureInfo.InvariantCulture, $"COPY ({select}) TO '{file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rowGroup})"));
            await using var content = File.OpenRead(file);
            var put = await store.PutAsync(content, CancellationToken.None);
            var extent = places is null ? [] : Extent(connection, file);
            return new DataTable
            {
                Content = put.Digest,
                Bytes = put.Length,
                Rows = rows,
                Columns = columns,
                Places = places is { } p ? new TablePlaces(0, p.Longitude, p.Latitude, CoordinateSystem.Wgs84, extent) : null,
            };
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static double[] Extent(DuckDBConnection connection, string file)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT min(_west), min(_south), max(_east), max(_north) FROM read_parquet('{file}')";
        using var reader = command.ExecuteReader();
        reader.Read();
        return reader.IsDBNull(0) ? [] : [reader.GetDouble(0), reader.GetDouble(1), reader.GetDouble(2), reader.GetDouble(3)];
    }

    private static void Run(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string? Text(object? cell) => cell switch
    {
        null => null,
        bool b => b ? "true" : "false",
        double d => TableValues.Normal(ColumnType.Float, d.ToString("R", CultureInfo.InvariantCulture)),
        DateOnly d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly t => t.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        DateTime t => t.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => (string)cell,
    };
}

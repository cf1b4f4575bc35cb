using System.Globalization;
using Npgsql;
using Zhengtong.OpenData.Model;

namespace Zhengtong.Bench;

/// <summary>A table in PostgreSQL as CKAN's datastore keeps one: <c>_id</c> serial, <c>_full_text</c> filled by a trigger that goes over the row as JSON, an inverted index over it, numbers as numeric; and the statements
/// by which CKAN answers. Kinder to PostgreSQL than CKAN's loaders are: the index is built once behind the load, and only the column that is narrowed by has an index of its own.</summary>
internal sealed class CkanDatastore
{
    private readonly OpenDataRows rows;

    private CkanDatastore(string connection, OpenDataRows rows, DataTable table)
    {
        (Connection, this.rows) = (connection, rows);
        Columns = string.Join(", ", table.Columns.Select(c => Quoted(c.Name)));
        All = $"\"_id\", {Columns}";
        FilterType = TypeOf(table.Find(rows.FilterColumn)!.Type);
    }

    internal string Connection { get; }

    /// <summary>Published columns, quoted.</summary>
    internal string Columns { get; }

    private string All { get; }

    private string FilterType { get; }

    /// <summary>How the table is called.</summary>
    internal string Table => Quoted(rows.Name);

    /// <summary>Makes and fills it; the seconds until it can be asked.</summary>
    internal static async Task<(CkanDatastore Store, double Seconds, long PeakMegabytes)> ImportAsync(string connection, OpenDataRows rows, DataTable table)
    {
        var store = new CkanDatastore(connection, rows, table);
        await Postgres.ExecuteAsync(connection, $"DROP TABLE IF EXISTS {store.Table}");
        var peak = 0L;
        var seconds = await Measure.SecondsAsync(async () =>
        {
            await Postgres.ExecuteAsync(connection, $"""
                CREATE TABLE {store.Table} (_id serial PRIMARY KEY, _full_text tsvector, {string.Join(", ", table.Columns.Select(c => $"{Quoted(c.Name)} {TypeOf(c.Type)}"))});
                CREATE OR REPLACE FUNCTION fill_{rows.Name}() RETURNS trigger LANGUAGE plpgsql AS $fill$
                BEGIN
                  NEW._full_text := (SELECT to_tsvector('english', string_agg(cell.value, ' ')) FROM json_each_text(row_to_json(NEW)) AS cell WHERE cell.key NOT LIKE '\_%');
                  RETURN NEW;
                END $fill$;
                CREATE TRIGGER zfulltext BEFORE INSERT OR UPDATE ON {store.Table} FOR EACH ROW EXECUTE FUNCTION fill_{rows.Name}();
                """);
            await Measure.RunAsync("psql", "-qX", Postgres.UriOf(connection), "-v", "ON_ERROR_STOP=1", "-c", $"\\copy {store.Table} ({store.Columns}) FROM '{rows.Path}' WITH (FORMAT csv, HEADER true{(rows.Missing is { } missing ? $", NULL '{missing}'" : "")})");
            await using var open = await Postgres.OpenAsync(connection);
            await using var index = new NpgsqlCommand($"CREATE INDEX ON {store.Table} USING gin (_full_text); CREATE INDEX ON {store.Table} ({Quoted(rows.FilterColumn)})", open);
            await index.ExecuteNonQueryAsync();
            peak = Measure.PeakMegabytes(open.ProcessID);
        });
        // Autovacuum would come to it in its own time; not counted.
        await Postgres.ExecuteAsync(connection, $"VACUUM ANALYZE {store.Table}");
        return (store, seconds, peak);
    }

    /// <summary>Page, as one JSON text.</summary>
    internal string Page(string where = "", string order = "\"_id\"", string more = "", string from = "", string offset = "0") =>
        $"SELECT array_to_json(array_agg(j))::text FROM (SELECT {All}{more} FROM {Table}{from}{where} ORDER BY {order} LIMIT 100 OFFSET {offset}) AS j";

    /// <summary>How many there are.</summary>
    internal string Total(string where = "", string from = "") => $"SELECT count(*)::text FROM {Table}{from}{where}";

    /// <summary>Narrowed by the first parameter.</summary>
    internal string Filter => $" WHERE {Quoted(rows.FilterColumn)} = CAST($1::text AS {FilterType})";

    /// <summary>Holds the words of the first parameter, as CKAN looks for them.</summary>
    internal const string FullText = ", plainto_tsquery('english', $1::text) AS query";

    /// <summary>Its condition.</summary>
    internal string IsFound => $" WHERE {Table}.\"_full_text\" @@ query";

    /// <summary>Its rank.</summary>
    internal string Rank => $", ts_rank({Table}.\"_full_text\", query, 32) AS \"rank\"";

    /// <summary>Holds the first parameter somewhere in its text: what CKAN cannot ask, and what finds the same rows as our search.</summary>
    internal string Holds => $" WHERE strpos(lower({Quoted(rows.TextColumn!)}), $1::text) > 0";

    /// <summary>All rows by one COPY.</summary>
    internal Task<string> CopyAsync() => Measure.RunAsync("bash", "-o", "pipefail", "-c", $"psql -qX '{Postgres.UriOf(Connection)}' -c 'COPY (SELECT {All} FROM {Table} ORDER BY \"_id\") TO STDOUT WITH (FORMAT csv, HEADER true)' | cat >/dev/null");

    /// <summary>All rows as CKAN dumps them: a COPY for each 32,000, by offset.</summary>
    internal async Task CopyByPagesAsync()
    {
        await using var open = await Postgres.OpenAsync(Connection);
        var room = new char[1 << 16];
        for (long at = 0; at < rows.Rows; at += 32_000)
        {
            using var page = await open.BeginTextExportAsync(string.Create(CultureInfo.InvariantCulture, $"COPY (SELECT {All} FROM {Table} ORDER BY \"_id\" LIMIT 32000 OFFSET {at}) TO STDOUT WITH (FORMAT csv)"));
            while (await page.ReadAsync(room) > 0) { }
        }
    }

    internal static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string TypeOf(ColumnType type) => type switch
    {
        ColumnType.Integer or ColumnType.Decimal => "numeric",
        ColumnType.Float => "double precision",
        ColumnType.Boolean => "boolean",
        ColumnType.Date => "date",
        ColumnType.Time => "time",
        ColumnType.Timestamp => "timestamp",
        _ => "text",
    };
}

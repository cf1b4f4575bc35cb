using System.Text.Json.Nodes;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>datastore_search_sql: one SELECT over published tables, read into a tree of our own (<see cref="TableSql"/>); nothing of its text reaches the engine.</summary>
internal static class DatastoreSearchSql
{
    private const int RowsBetweenFlushes = 200;

    internal static async Task<object?> HandleAsync(CkanCall call)
    {
        var p = call.Parameters;
        var sql = p.Text("sql") ?? p.Required("sql");
        p.Check();
        SqlAnswer answer;
        try
        {
            // Each table is one that this reader may read: unknown ones are not found, others forbidden.
            var tables = new Dictionary<string, DataTable>(StringComparer.Ordinal);
            foreach (var name in TableSql.TablesOf(sql).Distinct(StringComparer.Ordinal)) { tables[name] = (await DatastoreTable.FindAsync(call, name)).Resource.Table!; }
            answer = await TableSql.AskAsync(call.Engine, sql, tables.GetValueOrDefault, TableLimits.Public, call.Ct);
        }
        catch (TableQueryException e) { throw CkanFault.Invalid("query", e.Message); }

        return new CkanWritten(async (json, flush) =>
        {
            json.WriteStartObject();
            json.WriteString("sql", sql);
            json.WritePropertyName("fields");
            new JsonArray([.. answer.Columns.Select(c => DatastoreTable.FieldOf(c.Name, c.Type, c.Column))]).WriteTo(json, CkanEndpoint.Written);
            json.WriteStartArray("records");
            for (var i = 0; i < answer.Rows.Count; i++)
            {
                if (i % RowsBetweenFlushes == RowsBetweenFlushes - 1) { await flush(); }
                json.WriteStartObject();
                for (var c = 0; c < answer.Columns.Count; c++)
                {
                    json.WritePropertyName(answer.Columns[c].Name);
                    DatastoreTable.Write(json, answer.Rows[i][c], answer.Columns[c].Type);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (answer.IsCut) { json.WriteBoolean("records_truncated", true); }
            json.WriteEndObject();
        });
    }
}

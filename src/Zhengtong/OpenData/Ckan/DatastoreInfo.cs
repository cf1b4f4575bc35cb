using System.Text.Json.Nodes;

namespace Zhengtong.OpenData.Ckan;

/// <summary>datastore_info: how large a table is and what its columns are.</summary>
internal static class DatastoreInfo
{
    internal static async Task<object?> HandleAsync(CkanCall call)
    {
        var p = call.Parameters;
        var id = p.Text("id") ?? p.Text("resource_id") ?? p.Required("id");
        var (meta, schema) = (p.Flag("include_meta", true), p.Flag("include_fields_schema", true));
        p.Check();
        var resource = await DatastoreTable.FindAsync(call, id);
        var table = resource.Resource.Table!;
        var answer = new JsonObject();
        if (meta)
        {
            answer["meta"] = new JsonObject
            {
                ["id"] = resource.Id.ToString(),
                ["count"] = table.Rows,
                ["size"] = table.Bytes,
                ["db_size"] = table.Bytes,
                ["idx_size"] = 0,
                ["table_type"] = "BASE TABLE",
                ["aliases"] = new JsonArray(),
            };
        }

        answer["fields"] = new JsonArray([.. table.Columns.Select(c =>
        {
            var field = DatastoreTable.FieldOf(c.Name, c.Type, c);
            if (schema)
            {
                field["schema"] = new JsonObject
                {
                    ["native_type"] = DatastoreTable.TypeOf(c.Type),
                    ["index_name"] = null,
                    ["is_index"] = false,
                    ["notnull"] = c.Profile.Nulls == 0,
                    ["uniquekey"] = c.IsKey && table.Columns.Count(k => k.IsKey) == 1,
                };
            }

            return field;
        })]);
        return answer;
    }
}

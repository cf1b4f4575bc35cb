using System.Text.Json.Nodes;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>The parameters that datastore_search and the dump have in common, as a question to the table.</summary>
/// <param name="Query">The question; its limit and offset are the caller's to set.</param>
/// <param name="Ranks">Names of the columns that a text search adds, and nothing else: <c>rank</c>, <c>rank 列名</c>. Of words over all columns it is how much of a cell they fill; rows found in single columns, or by a tsquery, rank 1 each.</param>
internal sealed record DatastoreQuestion(TableQuery Query, IReadOnlyList<string> Ranks)
{
    /// <summary>Reads filters, q, plain, fields, sort and distinct.</summary>
    /// <exception cref="CkanFault">409: one of them is wrong.</exception>
    internal static DatastoreQuestion Read(CkanParameters p, DataTable table)
    {
        var parts = new List<Condition>();
        var reader = new DatastoreFilters(table);
        if (Object(p, "filters") is { } filters) { parts.Add(reader.Of(filters)); }
        var (text, ranks) = (default(string), new List<string>());
        var (plain, distinct) = (p.Flag("plain", true), p.Flag("distinct", false));
        switch (p.Given["q"] is JsonObject columns ? columns : p.Text("q") is { } typed && typed.AsSpan().TrimStart().StartsWith("{") && CkanRequest.TryParse(typed) is JsonObject written ? written : (object?)p.Text("q"))
        {
            case JsonObject { Count: > 0 } each:
                foreach (var (column, value) in each)
                {
                    if (CkanParameters.TextOf(value) is not { } words) { throw CkanFault.Invalid("q", $"invalid value \"{CkanFault.Shortened(column)}\""); }
                    parts.Add(reader.Words(column, words));
                    ranks.Add($"rank {column}");
                }

                break;
            case string { Length: > 1000 }: throw CkanFault.Invalid("q", "Too long");
            case string words when !string.IsNullOrWhiteSpace(words):
                ranks.Add("rank");
                if (plain) { text = words; }
                else { parts.Add(reader.Query(words.Trim())); }
                break;
        }

        var fields = p.List("fields");
        foreach (var field in fields ?? [])
        {
            if (field != DatastoreTable.Id && table.Find(field) is null && !ranks.Contains(field)) { p.Wrong("fields", $"invalid value \"{CkanFault.Shortened(field)}\""); }
        }

        if (fields is { Count: > 0 }) { ranks.RemoveAll(r => !fields.Contains(r)); }
        var orders = Orders(p, table, out var ranked);
        p.Check();
        var named = fields?.Where(f => f == DatastoreTable.Id || table.Find(f) is not null).Distinct().ToList();
        return new(new TableQuery
        {
            Columns = named is { Count: > 0 } ? named : null,
            Where = parts.Count switch { 0 => null, 1 => parts[0], _ => new Condition.All(parts) },
            Text = text,
            Orders = orders,
            Distinct = distinct,
            Ranks = text is not null && ranks.Count > 0,
            // The best first, unless the caller says what comes first.
            BestFirst = ranked ?? (orders.Count == 0 ? true : null),
        }, ranks);
    }

    /// <summary>An object, or one as JSON text; null when it was not sent or is empty.</summary>
    private static JsonObject? Object(CkanParameters p, string name)
    {
        switch (p.Given[name])
        {
            case null: return null;
            case JsonObject { Count: 0 }: return null;
            case JsonObject given: return given;
            case JsonArray list when list.All(i => i is JsonObject): return list.Count == 0 ? null : new JsonObject { ["$or"] = list.DeepClone() };
            case JsonValue when CkanParameters.TextOf(p.Given[name]) is { } text:
                if (string.IsNullOrWhiteSpace(text)) { return null; }
                if (CkanRequest.TryParse(text) is JsonObject written) { return written.Count == 0 ? null : written; }
                break;
        }

        throw CkanFault.Invalid(name, "Could not parse as valid JSON");
    }

    /// <summary><c>a desc nulls last, "列 名" asc</c>, or a list of such.</summary>
    private static List<Order> Orders(CkanParameters p, DataTable table, out bool? ranked)
    {
        ranked = null;
        var orders = new List<Order>();
        foreach (var part in p.Given["sort"] is JsonArray ? p.Several("sort") : Split(p.Text("sort") ?? ""))
        {
            var clause = part.Trim();
            if (clause.Length == 0) { continue; }
            string name, rest;
            if (clause[0] == '"' && clause.IndexOf('"', 1) is var end and > 0) { (name, rest) = (clause[1..end], clause[(end + 1)..]); }
            else
            {
                // A name may hold spaces although nobody quoted it.
                var words = clause.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                var count = words.Length;
                while (count > 1 && words[count - 1].ToLowerInvariant() is "asc" or "desc" or "nulls" or "first" or "last") { count--; }
                (name, rest) = (string.Join(' ', words[..count]), string.Join(' ', words[count..]));
            }

            var (descending, nullsLast, right) = string.Join(' ', rest.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) switch
            {
                "" or "asc" => (false, (bool?)null, true),
                "desc" => (true, null, true),
                "nulls first" or "asc nulls first" => (false, false, true),
                "nulls last" or "asc nulls last" => (false, true, true),
                "desc nulls first" => (true, false, true),
                "desc nulls last" => (true, true, true),
                _ => (false, null, false),
            };
            if (right && name == "rank" && table.Find(name) is null && p.Text("q") is not null) { ranked ??= descending; }
            if (right && (name == "rank" || name.StartsWith("rank ", StringComparison.Ordinal)) && table.Find(name) is null && p.Has("q")) { continue; }
            if (!right || orders.Count == 50 || (name != DatastoreTable.Id && table.Find(name) is null)) { p.Wrong("sort", $"invalid value \"{CkanFault.Shortened(clause)}\""); }
            else if (!orders.Any(o => o.Column == name)) { orders.Add(new Order(name, descending, nullsLast)); }
        }

        return orders;
    }

    /// <summary>At the commas that stand in no quotes.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var (start, quoted) = (0, false);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"') { quoted = !quoted; }
            if (text[i] != ',' || quoted) { continue; }
            yield return text[start..i];
            start = i + 1;
        }

        yield return text[start..];
    }
}

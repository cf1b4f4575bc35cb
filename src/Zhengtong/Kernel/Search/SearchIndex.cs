using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Search;

/// <summary>Something that a search found.</summary>
internal sealed class SearchHit
{
    /// <summary>Its id.</summary>
    public Guid Subject { get; init; }

    /// <summary>Grows with relevance, above 0; comparable within one search only.</summary>
    public double Rank { get; init; }
}

/// <summary>Full-text search by the database itself, for every module: SQLite's FTS5, PostgreSQL's tsvector. Both take the terms as they are, so both find the same.</summary>
internal static class SearchIndex
{
    /// <summary>Says by what a thing is found from the caller's next save on; the entry commits with it.</summary>
    /// <param name="db">The caller's context.</param>
    /// <param name="kind">Module, dot, what it is.</param>
    /// <param name="subject">Its id.</param>
    /// <param name="title">Its name, which weighs more.</param>
    /// <param name="body">All else it is found by.</param>
    /// <param name="ct">Stops the look for an entry that is there.</param>
    internal static async Task PutAsync(ZhengtongDb db, string kind, Guid subject, string title, string body, CancellationToken ct)
    {
        var entry = await db.SearchEntries.SingleOrDefaultAsync(e => e.Kind == kind && e.Subject == subject, ct);
        if (entry is null) { db.SearchEntries.Add(entry = new SearchEntry { Kind = kind, Subject = subject, Title = "", Body = "" }); }
        (entry.Title, entry.Body) = (Bigrams.ToIndex(title), Bigrams.ToIndex(body));
    }

    /// <summary>What holds every one of the terms, at least one, to be joined in a query. They are put into the database's query language here and nowhere else:
    /// each is letters and digits between quotes.</summary>
    internal static IQueryable<SearchHit> WithAll(ZhengtongDb db, string kind, IReadOnlyCollection<Term> terms)
    {
        if (terms.Count == 0) { throw new ArgumentException("Nothing to look for", nameof(terms)); }
        if (db.Database.IsSqlite())
        {
            // The index first, whatever the planner believes: the other way round it would be asked once for every entry of the kind.
            return db.Database.SqlQueryRaw<SearchHit>("""
                SELECT e.subject, -s.rank AS rank FROM search_index AS s CROSS JOIN search_entries AS e ON e.id = s.rowid WHERE s.search_index MATCH {0} AND e.kind = {1}
                """, string.Join(" AND ", terms.Select(t => $"\"{t.Text}\"{(t.IsPrefix ? "*" : "")}")), kind);
        }

        // The rank asks for any of the terms: a name that holds only some of them would count for nothing.
        var quoted = terms.Select(t => $"'{t.Text}'{(t.IsPrefix ? ":*" : "")}").ToList();
        return db.Database.SqlQueryRaw<SearchHit>("""
            SELECT subject, 8 * ts_rank(array_to_tsvector(array_remove(string_to_array(title, ' '), '')), CAST({1} AS tsquery))::float8 + ts_rank(vector, CAST({1} AS tsquery)) AS rank
            FROM kernel.search_entries WHERE vector @@ CAST({0} AS tsquery) AND kind = {2}
            """, string.Join(" & ", quoted), string.Join(" | ", quoted), kind);
    }
}

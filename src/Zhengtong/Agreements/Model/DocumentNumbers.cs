using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Agreements.Model;

/// <summary>Gives the numbers of applications (SQ) and agreements (XS): never twice; a number whose document was not saved stays unused.</summary>
internal static class DocumentNumbers
{
    /// <summary>The next number: <c>SQ-2026-000001</c>.</summary>
    /// <param name="db">Its own statement, committed at once unless the caller has a transaction.</param>
    /// <param name="kind">Two capital letters.</param>
    /// <param name="today">The day in the platform's zone; numbering starts anew each year.</param>
    /// <param name="ct">Stops waiting.</param>
    internal static async Task<string> NextAsync(ZhengtongDb db, string kind, DateOnly today, CancellationToken ct) => (await NextAsync(db, kind, today, 1, ct))[0];

    /// <summary>So many next numbers, in one statement.</summary>
    internal static async Task<IReadOnlyList<string>> NextAsync(ZhengtongDb db, string kind, DateOnly today, int count, CancellationToken ct)
    {
        FormattableString statement = db.Database.IsSqlite()
            ? (FormattableString)$"INSERT INTO document_numbers (kind, year, last) VALUES ({kind}, {today.Year}, {count}) ON CONFLICT (kind, year) DO UPDATE SET last = document_numbers.last + {count} RETURNING last AS \"Value\""
            : $"INSERT INTO agreements.document_numbers (kind, year, last) VALUES ({kind}, {today.Year}, {count}) ON CONFLICT (kind, year) DO UPDATE SET last = document_numbers.last + {count} RETURNING last AS \"Value\"";
        var last = (await db.Database.SqlQuery<long>(statement).ToListAsync(ct)).Single();
        return [.. Enumerable.Range(1, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"{kind}-{today.Year}-{last - count + n:D6}"))];
    }
}

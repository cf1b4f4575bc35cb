using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Linq.Expressions;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel.Http;

/// <summary>Which part of a list a caller asks for.</summary>
// Properties and not the parameters of a constructor: those would break the API description and the binding made at compile time (ASP.NET Core 10.0).
public sealed record PageQuery
{
    /// <summary>Most items in the answer, 1 to 200; default 50.</summary>
    [FromQuery(Name = "limit"), Range(1, 200), DefaultValue(50)]
    public int? Limit { get; init; }

    /// <summary>The <c>next</c> of the page before; nothing for the first page. Opaque, and good only for the list and the order that gave it.</summary>
    [FromQuery(Name = "after"), StringLength(1000)]
    public string? After { get; init; }
}

/// <summary>One page of a list.</summary>
/// <param name="Items">At most <c>limit</c> items, in the list's order.</param>
/// <param name="Next">Ask again with <c>after</c> set to this for the following page; null on the last.</param>
/// <param name="Total">How many items the whole list holds at this moment, exactly.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next, long Total);

/// <summary>Reads lists page by page by the place of the last row seen, so that a row added or removed meanwhile neither repeats nor hides another.</summary>
internal sealed class Paging(Vault vault)
{
    /// <summary>The page asked for, or null when the cursor is none of this list's: answer <see cref="KernelProblems.CursorUnknown"/>.</summary>
    /// <param name="rows">The list with its filters, not yet ordered.</param>
    /// <param name="page">What the caller asked for.</param>
    /// <param name="key">What the list is ordered by: a time, a number, a text, a Guid; never null.</param>
    /// <param name="id">Tells rows of equal key apart.</param>
    /// <param name="show">Projects a row to what the caller reads; runs in the database.</param>
    /// <param name="descending">True for the newest or greatest first.</param>
    /// <param name="ct">Stops the query.</param>
    internal async Task<Page<TShown>?> ReadAsync<TRow, TKey, TShown>(
        IQueryable<TRow> rows, PageQuery page, Expression<Func<TRow, TKey>> key, Expression<Func<TRow, Guid>> id, Expression<Func<TRow, TShown>> show,
        bool descending, CancellationToken ct)
    {
        // A cursor of one list is refused by another: the list and its order are bound into the seal.
        var purpose = $"cursor:{typeof(TRow).Name}:{key.Body}:{descending}";
        Place<TKey>? place = null;
        if (page.After is { Length: > 0 } after && (place = Open<TKey>(after, purpose)) is null) { return null; }

        var total = await rows.LongCountAsync(ct);
        var ordered = descending ? rows.OrderByDescending(key).ThenByDescending(id) : rows.OrderBy(key).ThenBy(id);
        var rest = place is null ? ordered : ordered.Where(Beyond(key, id, place, descending));
        var limit = page.Limit ?? 50;
        var found = await rest.Select(Keyed(key, id, show)).Take(limit + 1).ToListAsync(ct);
        var items = found.Take(limit).ToList();
        return new Page<TShown>([.. items.Select(i => i.Shown)], found.Count > limit ? Seal(new Place<TKey>(items[^1].Key, items[^1].Id), purpose) : null, total);
    }

    /// <summary>The same for a list whose key alone tells its rows apart: a code. Ascending.</summary>
    internal async Task<Page<TShown>?> ReadAsync<TRow, TKey, TShown>(
        IQueryable<TRow> rows, PageQuery page, Expression<Func<TRow, TKey>> key, Expression<Func<TRow, TShown>> show, CancellationToken ct)
        where TKey : struct, IParsable<TKey>, IComparable<TKey>
    {
        var purpose = $"cursor:{typeof(TRow).Name}:{key.Body}";
        IQueryable<TRow> rest = rows.OrderBy(key);
        if (page.After is { Length: > 0 } after)
        {
            if (Open<string>(after, purpose) is not { } place || !TKey.TryParse(place.Key, CultureInfo.InvariantCulture, out var last)) { return null; }
            var beyond = Expression.Property(Expression.Constant(new Place<TKey>(last, default)), nameof(Place<>.Key));
            rest = rest.Where(Expression.Lambda<Func<TRow, bool>>(
                Expression.GreaterThan(Expression.Call(key.Body, typeof(TKey).GetMethod(nameof(IComparable<>.CompareTo), [typeof(TKey)])!, beyond), Expression.Constant(0)), key.Parameters[0]));
        }

        var total = await rows.LongCountAsync(ct);
        var limit = page.Limit ?? 50;
        var found = await rest.Select(Keyed(key, null, show)).Take(limit + 1).ToListAsync(ct);
        var items = found.Take(limit).ToList();
        return new Page<TShown>([.. items.Select(i => i.Shown)], found.Count > limit ? Seal(new Place<string>(items[^1].Key.ToString()!, default), purpose) : null, total);
    }

    private string Seal<TKey>(Place<TKey> place, string purpose) => WebEncoders.Base64UrlEncode(vault.Seal(JsonSerializer.SerializeToUtf8Bytes(place), purpose));

    private Place<TKey>? Open<TKey>(string cursor, string purpose)
    {
        try { return JsonSerializer.Deserialize<Place<TKey>>(vault.Open(WebEncoders.Base64UrlDecode(cursor), purpose)); }
        catch (Exception e) when (e is FormatException or CryptographicException or JsonException) { return null; }
    }

    /// <summary>key beyond the place's, or the same key and id beyond.</summary>
    private static Expression<Func<TRow, bool>> Beyond<TRow, TKey>(Expression<Func<TRow, TKey>> key, Expression<Func<TRow, Guid>> id, Place<TKey> place, bool descending)
    {
        var row = key.Parameters[0];
        // A captured place becomes a parameter of the query, so that the database keeps one plan for all pages.
        var at = Expression.Constant(place);
        var placeKey = Expression.Property(at, nameof(place.Key));
        var placeId = Expression.Property(at, nameof(place.Id));
        var rowId = new Swap(id.Parameters[0], row).Visit(id.Body);
        return Expression.Lambda<Func<TRow, bool>>(
            Expression.OrElse(Compare(key.Body, placeKey, descending),
                Expression.AndAlso(Expression.Equal(key.Body, placeKey), Compare(rowId, placeId, descending))), row);
    }

    private static BinaryExpression Compare(Expression left, Expression right, bool less)
    {
        if (left.Type == typeof(string) || left.Type == typeof(Guid))
        {
            (left, right) = (Expression.Call(left, left.Type.GetMethod(nameof(string.CompareTo), [left.Type])!, right), Expression.Constant(0));
        }

        return less ? Expression.LessThan(left, right) : Expression.GreaterThan(left, right);
    }

    private static Expression<Func<TRow, Row<TKey, TShown>>> Keyed<TRow, TKey, TShown>(Expression<Func<TRow, TKey>> key, Expression<Func<TRow, Guid>>? id, Expression<Func<TRow, TShown>> show)
    {
        var row = key.Parameters[0];
        List<MemberBinding> members =
        [
            Expression.Bind(typeof(Row<TKey, TShown>).GetProperty(nameof(Row<,>.Key))!, key.Body),
            Expression.Bind(typeof(Row<TKey, TShown>).GetProperty(nameof(Row<,>.Shown))!, new Swap(show.Parameters[0], row).Visit(show.Body)),
        ];
        if (id is not null) { members.Add(Expression.Bind(typeof(Row<TKey, TShown>).GetProperty(nameof(Row<,>.Id))!, new Swap(id.Parameters[0], row).Visit(id.Body))); }
        return Expression.Lambda<Func<TRow, Row<TKey, TShown>>>(Expression.MemberInit(Expression.New(typeof(Row<TKey, TShown>)), members), row);
    }

    private sealed record Place<TKey>(TKey Key, Guid Id);

    private sealed class Row<TKey, TShown>
    {
        public TKey Key { get; init; } = default!;

        public Guid Id { get; init; }

        public TShown Shown { get; init; } = default!;
    }

    private sealed class Swap(Expression from, Expression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }
}

using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Which entries; what is not given does not narrow.</summary>
public sealed record LedgerFilter
{
    /// <summary>The event's full name, or its beginning followed by <c>*</c>: <c>agreements.*</c>.</summary>
    [FromQuery(Name = "event"), StringLength(100)]
    public string? Event { get; init; }

    /// <summary>Id of the thing it happened to, whole.</summary>
    [FromQuery(Name = "subject"), StringLength(200)]
    public string? Subject { get; init; }

    /// <summary>Part of the actor's name.</summary>
    [FromQuery(Name = "actor"), StringLength(100)]
    public string? Actor { get; init; }

    /// <summary>The actor's organisation.</summary>
    [FromQuery(Name = "organisation")]
    public Guid? Organisation { get; init; }

    /// <summary>First moment, included.</summary>
    [FromQuery(Name = "from")]
    public DateTimeOffset? From { get; init; }

    /// <summary>Last moment, excluded.</summary>
    [FromQuery(Name = "to")]
    public DateTimeOffset? To { get; init; }

    /// <summary>Part of the reason given.</summary>
    [FromQuery(Name = "reason"), StringLength(500)]
    public string? Reason { get; init; }

    internal IQueryable<LedgerEntry> Apply(IQueryable<LedgerEntry> entries)
    {
        if (Event is { Length: > 0 } name)
        {
            var beginning = name.TrimEnd('*');
            entries = name.EndsWith('*') ? entries.Where(e => e.Event.StartsWith(beginning)) : entries.Where(e => e.Event == name);
        }

        if (Subject is { Length: > 0 } subject) { entries = entries.Where(e => e.Subject == subject); }
        if (Actor is { Length: > 0 } actor) { entries = entries.Where(e => e.ActorName.Contains(actor)); }
        if (Organisation is { } organisation) { entries = entries.Where(e => e.ActorOrganisation == organisation); }
        if (From?.ToUniversalTime() is { } from) { entries = entries.Where(e => e.At >= from); }
        if (To?.ToUniversalTime() is { } to) { entries = entries.Where(e => e.At < to); }
        if (Reason is { Length: > 0 } reason) { entries = entries.Where(e => e.Reason!.Contains(reason)); }
        return entries;
    }
}

/// <summary>An entry of the ledger.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Index">Its place in the tree, from 0; null for the second or so before it has one.</param>
/// <param name="Event">What happened, as listed in docs/audit-events.md.</param>
/// <param name="Subject">Id of the thing it happened to.</param>
/// <param name="At">When.</param>
/// <param name="ActorId">Who did it; the zero id is the platform itself.</param>
/// <param name="ActorName">Their name at that time.</param>
/// <param name="OrganisationId">For which organisation.</param>
/// <param name="OrganisationName">Its short name now; null for the platform.</param>
/// <param name="Reason">Why, in the actor's words; null when none was given.</param>
/// <param name="Data">JSON text: what was before and after.</param>
public sealed record LedgerEntryResponse(
    Guid Id, long? Index, string Event, string Subject, DateTimeOffset At, Guid ActorId, string ActorName, Guid OrganisationId, string? OrganisationName, string? Reason, string Data)
{
    internal static Expression<Func<LedgerEntry, LedgerEntryResponse>> Of(ZhengtongDb db) => e => new LedgerEntryResponse(
        e.Id, e.Index, e.Event, e.Subject, e.At, e.ActorId, e.ActorName, e.ActorOrganisation,
        db.Organisations.Where(o => o.Id == e.ActorOrganisation).Select(o => o.ShortName).FirstOrDefault(), e.Reason, e.Data);
}

internal static class SearchLedger
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/ledger/entries", Handle).RequireAuthorization(LedgerReaders.Policy).ProducesProblem(403);

    /// <summary>Search the ledger, the newest first. Auditors see all of it, officers what their own organisation did.</summary>
    /// <response code="200">The entries.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<LedgerEntryResponse>>, ProblemHttpResult>> Handle(
        [AsParameters] LedgerFilter filter, [AsParameters] PageQuery page, Paging paging, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var rows = filter.Apply(db.LedgerOf(actor));
        return await paging.ReadAsync(rows, page, e => e.At, e => e.Id, LedgerEntryResponse.Of(db), descending: true, ct) is { } found
            ? TypedResults.Ok(found) : KernelProblems.CursorUnknown.Because(page.After);
    }
}

using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>A file that the caller's department was given.</summary>
public sealed record ReceivedFileSummary
{
    /// <summary>Names content, confirmation and receipt.</summary>
    public required Guid Id { get; init; }

    /// <summary>The agreement under which it was given.</summary>
    public required Guid AgreementId { get; init; }

    /// <summary>The file.</summary>
    public required Guid FileId { get; init; }

    /// <summary>The information resource.</summary>
    public required string ResourceName { get; init; }

    /// <summary>Who gives.</summary>
    public required string Provider { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its media type as the provider says; empty for unknown.</summary>
    public required string ContentType { get; init; }

    /// <summary>Its bytes.</summary>
    public required long Length { get; init; }

    /// <summary>Where it stands.</summary>
    public required RecipientState State { get; init; }

    /// <summary>False when its content is gone; the receipt stays.</summary>
    public required bool IsKept { get; init; }

    /// <summary>True: it is encrypted to the department's front-end node, which takes and confirms it; the platform cannot open it.</summary>
    public required bool IsOnNode { get; init; }

    /// <summary>When it was given.</summary>
    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>When the department gave its receipt; null until then.</summary>
    public required DateTimeOffset? ConfirmedAt { get; init; }

    /// <summary>The last digest that was refused; null when none was.</summary>
    public required string? WrongDigest { get; init; }
}

/// <summary>Files received, the newest first.</summary>
/// <param name="Items">At most 200.</param>
public sealed record ListReceivedFilesResponse(IReadOnlyList<ReceivedFileSummary> Items);

internal static class ListReceivedFiles
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/received-files", Handle).Requires(Right.ReadWork).ProducesProblem(403);

    /// <summary>List the files that the caller's department was given, the newest first; at most 200.</summary>
    /// <param name="agreement">Only those of this agreement.</param>
    /// <param name="open">True: only those that are kept and not confirmed.</param>
    /// <response code="200">The files.</response>
    internal static async Task<Ok<ListReceivedFilesResponse>> Handle(Guid? agreement, bool? open, Actor actor, ZhengtongDb db, CancellationToken ct) => TypedResults.Ok(new ListReceivedFilesResponse(
        await Of(db, actor).Where(r => (agreement == null || r.AgreementId == agreement) && (open != true || (r.IsKept && r.State != RecipientState.DownloadConfirmed)))
            .OrderByDescending(r => r.PublishedAt).ThenByDescending(r => r.Id).Take(200).ToListAsync(ct)));

    /// <summary>One of them, or null.</summary>
    internal static Task<ReceivedFileSummary?> Find(ZhengtongDb db, Actor actor, Guid id) => Of(db, actor).SingleOrDefaultAsync(r => r.Id == id);

    private static IQueryable<ReceivedFileSummary> Of(ZhengtongDb db, Actor actor) =>
        from r in db.FileRecipients.AsNoTracking()
        where r.ConsumerId == actor.Organisation
        join f in db.ExchangedFiles on r.FileId equals f.Id
        join n in CatalogueLookup.Names(db) on f.ResourceId equals n.Id
        join p in db.Organisations on f.ProviderId equals p.Id
        select new ReceivedFileSummary
        {
            Id = r.Id, AgreementId = r.AgreementId, FileId = f.Id, ResourceName = n.Name, Provider = p.Name, Name = f.Name, ContentType = f.ContentType, Length = f.Length ?? 0, State = r.State,
            IsKept = f.State == FileState.Published, IsOnNode = r.NodeId != null, PublishedAt = r.PublishedAt, ConfirmedAt = r.ConfirmedAt, WrongDigest = r.WrongDigest,
        };
}

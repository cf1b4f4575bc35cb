using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>A file with everybody who was given it.</summary>
/// <param name="ResourceId">The information resource it belongs to.</param>
/// <param name="File">The file.</param>
/// <param name="Sha256">SHA-256 of the plaintext, lower-case hex; null until checked.</param>
/// <param name="Sm3">SM3 of the plaintext, lower-case hex; null until checked.</param>
/// <param name="PurgedAt">When its content went; null while it is there.</param>
/// <param name="Recipients">Who was given it.</param>
/// <param name="Node">The department's front-end node that encrypted and checked it; null when the platform did.</param>
public sealed record GetFileResponse(
    Guid ResourceId, FileSummary File, string? Sha256, string? Sm3, DateTimeOffset? PurgedAt, IReadOnlyList<FileRecipientSummary> Recipients, string? Node);

/// <summary>How a file stands with one recipient.</summary>
/// <param name="Id">Names the recipient's receipt.</param>
/// <param name="AgreementId">The agreement.</param>
/// <param name="Consumer">Who takes it.</param>
/// <param name="State">Where it stands.</param>
/// <param name="StartedAt">When the last fetching began; null before the first.</param>
/// <param name="WrongDigest">The last digest that was refused; null when none was.</param>
/// <param name="ConfirmedAt">When the receipt came; null until then.</param>
public sealed record FileRecipientSummary(Guid Id, Guid AgreementId, string Consumer, RecipientState State, DateTimeOffset? StartedAt, string? WrongDigest, DateTimeOffset? ConfirmedAt);

internal static class GetFile
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/files/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>A file of the caller's department: where it stands, and how with each recipient.</summary>
    /// <response code="200">The file.</response>
    /// <response code="404">exchange.file-unknown</response>
    internal static async Task<Results<Ok<GetFileResponse>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var file = await db.ExchangedFiles.AsNoTracking().SingleOrDefaultAsync(f => f.Id == id && f.ProviderId == actor.Organisation, ct);
        if (file is null) { return ExchangeProblems.FileUnknown.Because($"{id}"); }
        var recipients = await (
            from r in db.FileRecipients.AsNoTracking()
            where r.FileId == id
            join c in db.Organisations on r.ConsumerId equals c.Id
            orderby r.PublishedAt, r.Id
            select new FileRecipientSummary(r.Id, r.AgreementId, c.Name, r.State, r.StartedAt, r.WrongDigest, r.ConfirmedAt)).ToListAsync(ct);
        var summary = await ListResourceFiles.Summaries(db, db.ExchangedFiles.Where(f => f.Id == id)).SingleAsync(ct);
        var node = file.NodeId is null ? null : await db.FrontEndNodes.Where(n => n.Id == file.NodeId).Select(n => n.Name).SingleAsync(ct);
        return TypedResults.Ok(new GetFileResponse(file.ResourceId, summary, file.Sha256, file.Sm3, file.PurgedAt, recipients, node));
    }
}

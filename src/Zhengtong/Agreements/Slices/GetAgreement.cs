using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Agreements.Slices;

/// <summary>An agreement with its document and seals; enough to verify both seals without the platform.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it.</param>
/// <param name="ApplicationId">The application it came from.</param>
/// <param name="ProviderId">Who gives.</param>
/// <param name="ConsumerId">Who takes.</param>
/// <param name="State">Where it stands.</param>
/// <param name="SuspendedBy">The side that suspended it.</param>
/// <param name="CreatedAt">When it was drawn up.</param>
/// <param name="From">Start of the period, inclusive.</param>
/// <param name="Until">End of the period, exclusive.</param>
/// <param name="Suite">The cryptographic suite of digest, keys and seals.</param>
/// <param name="Text">The sealed document, byte for byte (UTF-8).</param>
/// <param name="Digest">Lower-case hex digest of the text: SHA-256 or SM3, by the suite.</param>
/// <param name="Seals">The seals put so far.</param>
/// <param name="Revision">To be sent when suspending, resuming or revoking.</param>
public sealed record AgreementDetail(
    Guid Id, string Number, Guid ApplicationId, Guid ProviderId, Guid ConsumerId, AgreementState State, Guid? SuspendedBy,
    DateTimeOffset CreatedAt, DateTimeOffset From, DateTimeOffset Until, SuiteName Suite, string Text, string Digest, IReadOnlyList<SealDetail> Seals, int Revision) : IRevisioned
{
    /// <summary>The document, read.</summary>
    internal AgreementDocument Document { get; } = JsonSerializer.Deserialize<AgreementDocument>(Text, CanonicalJson.Options)!;
}

/// <summary>A seal.</summary>
/// <param name="Organisation">The side that sealed.</param>
/// <param name="OfficerName">Who sealed for it.</param>
/// <param name="At">When.</param>
/// <param name="KeyId">First 16 hex digits of the suite's digest over the public key.</param>
/// <param name="PublicKey">Base64 SubjectPublicKeyInfo.</param>
/// <param name="Signature">Base64 DER signature over the text.</param>
public sealed record SealDetail(Guid Organisation, string OfficerName, DateTimeOffset At, string KeyId, string PublicKey, string Signature);

internal static class GetAgreement
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/agreements/{id:guid}", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read an agreement of the caller's organisation.</summary>
    /// <response code="200">The agreement.</response>
    /// <response code="404">agreements.not-found</response>
    internal static async Task<Results<Ok<AgreementDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, OrganisationKeys keys, CancellationToken ct)
    {
        var agreement = await db.Agreements.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id, ct);
        if (agreement is null || !agreement.HasParty(actor.Organisation)) { return AgreementsProblems.NotFound.Because($"{id}"); }

        var seals = new List<SealDetail>();
        foreach (var seal in new[] { agreement.ProviderSeal, agreement.ConsumerSeal }.OfType<Seal>())
        {
            var key = (await keys.FindAsync(seal.KeyId, ct))!;
            seals.Add(new SealDetail(seal.Organisation, seal.OfficerName, seal.At, seal.KeyId, Convert.ToBase64String(key.PublicKey), seal.Signature));
        }

        return TypedResults.Ok(new AgreementDetail(
            agreement.Id, agreement.Number, agreement.ApplicationId, agreement.ProviderId, agreement.ConsumerId, agreement.State, agreement.SuspendedBy,
            agreement.CreatedAt, agreement.From, agreement.Until, Suite.Parse(agreement.Terms().Suite).Name, agreement.Document, agreement.Digest, seals, agreement.Revision));
    }
}

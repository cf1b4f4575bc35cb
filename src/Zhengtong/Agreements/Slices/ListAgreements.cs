using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Slices;

/// <summary>An agreement in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it.</param>
/// <param name="ResourceName">The resource agreed on.</param>
/// <param name="Provider">Short name of the provider.</param>
/// <param name="Consumer">Short name of the consumer.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ProviderSealed">True when the provider has sealed.</param>
/// <param name="ConsumerSealed">True when the consumer has sealed.</param>
/// <param name="CreatedAt">When it was drawn up.</param>
/// <param name="Until">End of the period, exclusive.</param>
public sealed record AgreementRow(
    Guid Id, string Number, string ResourceName, string Provider, string Consumer, AgreementState State, bool ProviderSealed, bool ConsumerSealed, DateTimeOffset CreatedAt, DateTimeOffset Until);

internal static class ListAgreements
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/agreements", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>List the agreements of the caller's organisation, newest first.</summary>
    /// <param name="state">Only those in this state.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<AgreementRow>>, ProblemHttpResult>> Handle(
        Choice<AgreementState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = db.Agreements.AsNoTracking().Where(a => a.ProviderId == actor.Organisation || a.ConsumerId == actor.Organisation);
        if (state is { Value: var only }) { wanted = wanted.Where(a => a.State == only); }

        var found = await paging.ReadAsync(wanted, page, a => a.CreatedAt, a => a.Id, a => new AgreementRow(
            a.Id, a.Number,
            db.Applications.Where(x => x.Id == a.ApplicationId).Select(x => x.ResourceName).First(),
            db.Organisations.Where(o => o.Id == a.ProviderId).Select(o => o.ShortName).First(),
            db.Organisations.Where(o => o.Id == a.ConsumerId).Select(o => o.ShortName).First(),
            a.State, a.ProviderSeal != null, a.ConsumerSeal != null, a.CreatedAt, a.Until), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }
}

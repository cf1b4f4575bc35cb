using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

/// <summary>A front-end node of the caller's department.</summary>
/// <param name="Name">What the department calls it, 2 to 60 characters, unique within the department.</param>
public sealed record CreateNodeRequest([Required, StringLength(60, MinimumLength = 2)] string Name);

/// <summary>A token to enrol with.</summary>
/// <param name="Id">The node.</param>
/// <param name="Name">Its name.</param>
/// <param name="Token">For <c>zhengtong node enrol</c>, good once. It is not told again.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record NodeTokenResponse(Guid Id, string Name, string Token, DateTimeOffset ExpiresAt);

internal static class CreateNode
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/nodes", Handle).Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Make a front-end node 前置机 of the caller's department, with a token by which a machine becomes it.</summary>
    /// <response code="201">Made; ledger event exchange.node-created.</response>
    /// <response code="409">exchange.name-taken</response>
    internal static async Task<Results<Created<NodeTokenResponse>, ProblemHttpResult>> Handle(
        CreateNodeRequest request, Actor actor, ZhengtongDb db, PlatformAuthority authority, IOptions<NodeOptions> options, TimeProvider clock, CancellationToken ct)
    {
        if (await db.FrontEndNodes.AnyAsync(n => n.OrganisationId == actor.Organisation && n.Name == request.Name, ct)) { return ExchangeProblems.NameTaken.Because(request.Name); }

        using var certificate = await authority.OpenAsync(ct);
        var now = clock.GetUtcNow();
        var node = new FrontEndNode { Id = Guid.CreateVersion7(now), OrganisationId = actor.Organisation, Name = request.Name, CreatedAt = now };
        var token = NodeToken.Make(node.Id, certificate.RawData);
        node.Invite(token.Digest, now.AddHours(options.Value.TokenHours));
        db.FrontEndNodes.Add(node);
        db.Ledger.Add(LedgerEntry.Of("exchange.node-created", node.Id, actor, now, after: new { node.Name }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return ExchangeProblems.NameTaken.Because(request.Name); }
        return TypedResults.Created($"/api/v1/nodes/{node.Id}", new NodeTokenResponse(node.Id, node.Name, token.ToString(), node.TokenExpiresAt!.Value));
    }
}

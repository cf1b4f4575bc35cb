using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Gateway;

/// <summary>What the service said.</summary>
/// <param name="Status">HTTP status of <c>GET</c> on its base address; any status shows that it is there.</param>
/// <param name="Milliseconds">How long it took until its answer began.</param>
public sealed record TestApiServiceResponse(int Status, long Milliseconds);

internal static class TestApiService
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/resources/{id:guid}/service/test", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(502).ProducesProblem(503).ProducesProblem(504);

    /// <summary>Call the base address of a service of the caller's department, with its fixed headers, and say what answered. Changes nothing.</summary>
    /// <response code="200">It answered.</response>
    /// <response code="404">exchange.service-unknown</response>
    /// <response code="502">exchange.answer-unfit</response>
    /// <response code="503">exchange.service-unreachable</response>
    /// <response code="504">exchange.service-silent</response>
    internal static async Task<Results<Ok<TestApiServiceResponse>, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, Vault vault, ServiceConnections connections, TimeProvider clock, CancellationToken ct)
    {
        var service = await db.ApiServices.AsNoTracking().SingleOrDefaultAsync(s => s.ResourceId == id && s.OrganisationId == actor.Organisation, ct);
        if (service is null) { return ExchangeProblems.ServiceUnknown.Because($"{id}"); }

        var door = GatewayDirectory.Open(vault, service);
        using var message = new HttpRequestMessage(HttpMethod.Get, ServiceConnections.AddressOf(door.Address, ""));
        foreach (var (name, value) in door.Headers) { message.Headers.TryAddWithoutValidation(name, value); }
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(ct);
        silence.CancelAfter(TimeSpan.FromSeconds(Math.Min(service.TimeoutSeconds, 30)));
        var began = clock.GetTimestamp();
        try
        {
            using var answer = await connections.SendAsync(message, silence.Token);
            return TypedResults.Ok(new TestApiServiceResponse((int)answer.StatusCode, (long)clock.GetElapsedTime(began).TotalMilliseconds));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested) { return ExchangeProblems.ServiceSilent.Because(); }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded or HttpRequestError.ConfigurationLimitExceeded) { return ExchangeProblems.AnswerUnfit.Because($"{e.HttpRequestError}"); }
        catch (HttpRequestException e) { return ExchangeProblems.ServiceUnreachable.Because($"{e.HttpRequestError}"); }
    }
}

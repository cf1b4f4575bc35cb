using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Zhengtong.Exchange.Nodes;

internal static class ReadNodeNews
{
    private const int MostSeconds = 50;

    /// <summary>The configuration is put together anew after so many looks: it changes seldom, and costs more than the rest.</summary>
    private const int LooksPerConfiguration = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/news", Handle);

    /// <summary>What is new; answers at once when that differs from what the node has seen, else when it does, or after the time asked for.</summary>
    /// <param name="seen">The state the node has seen; empty at first.</param>
    /// <param name="wait">Longest wait, 0 to 50 seconds.</param>
    /// <param name="caller">The node.</param>
    /// <param name="scopes">A fresh look each time.</param>
    /// <param name="options">How often to look.</param>
    /// <param name="clock">Now.</param>
    /// <param name="stopping">The platform's end ends the wait.</param>
    /// <param name="ct">So does the node's.</param>
    /// <response code="200">The news.</response>
    internal static async Task<Ok<NodeNews>> Handle(
        string? seen, int? wait, NodeCaller caller, IServiceScopeFactory scopes, IOptions<NodeOptions> options, TimeProvider clock, IHostApplicationLifetime stopping, CancellationToken ct)
    {
        var until = clock.GetUtcNow().AddSeconds(Math.Clamp(wait ?? 0, 0, MostSeconds));
        string? configuration = null;
        for (var look = 0; ; look++)
        {
            await using var scope = scopes.CreateAsyncScope();
            var deliveries = scope.ServiceProvider.GetRequiredService<NodeDeliveries>();
            if (configuration is null || look % LooksPerConfiguration == 0) { configuration = await deliveries.ConfigurationOfAsync(caller.Id, ct); }
            var news = await deliveries.NewsOfAsync(caller.Id, configuration, ct);
            if (news.State != seen || clock.GetUtcNow() >= until || stopping.ApplicationStopping.IsCancellationRequested) { return TypedResults.Ok(news); }
            await Task.Delay(TimeSpan.FromMilliseconds(options.Value.PollMilliseconds), clock, ct);
        }
    }
}

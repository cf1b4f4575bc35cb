using System.Globalization;
using Zhengtong.Agreements.Model;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Services as plain clients call them: <c>/services/{agreement number}/{path}</c>. Refusals are problem documents; answers tell what is left of the agreed limits
/// (draft-ietf-httpapi-ratelimit-headers).</summary>
internal sealed class PlainCalls(GatewayDirectory directory, CallerCheck callers, CallLimits limits, CallRelay relay, TimeProvider clock)
{
    /// <summary>Answers a call; null when it was answered, else why not.</summary>
    internal async Task<Refusal?> AnswerAsync(HttpContext http, CallTarget target)
    {
        var received = clock.GetUtcNow();
        if (!target.Raw.StartsWith("/services/", StringComparison.Ordinal) || !XRoadId.Methods.Contains(http.Request.Method)) { return Refusal.Malformed($"{http.Request.Method} {target.Segments[0]}"); }
        if (XRoadId.MessageIdFault(http.Request.Headers) is { } unfit) { return unfit; }
        var number = target.Segments[1];
        var grant = await directory.GrantAsync(number);
        var caller = await callers.RecogniseAsync(http, grant?.Terms.Consumer ?? Guid.Empty, null);
        // Agreements of others are answered like those that do not exist.
        if (grant is null || caller.System is null)
        {
            if (caller.Program is not null) { return Refusal.AgreementUnknown(number); }
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return Refusal.CallerUnknown;
        }

        var terms = grant.Terms;
        if (!terms.AllowsDelivery(received)) { return Refusal.NoAgreement(terms.State == AgreementState.InForce ? $"{terms.From:u} - {terms.Until:u}" : terms.State.ToString()); }
        if (await directory.ServiceAsync(terms.ResourceId) is not { } service) { return Refusal.ServiceUnknown(terms.ResourceName); }
        if (!service.IsEnabled) { return Refusal.ServiceDisabled(terms.ResourceName); }
        if (!grant.Operations.Allows(http.Request.Method, [.. target.Segments.Skip(2)])) { return Refusal.NotAgreed(http.Request.Method, target.After(2).Split('?')[0]); }
        var (admission, refusal) = await limits.AdmitAsync(terms, http.RequestAborted);
        ShowLimits(http, terms.Limits!, admission?.LeftToday ?? (refusal!.Problem == ExchangeProblems.QuotaSpent ? 0 : null), received);
        if (admission is null) { return refusal; }
        using (admission)
        {
            var client = new XRoadId(directory.Instance, GatewayDirectory.MemberClass, grant.ConsumerCode, caller.System.Subsystem);
            return await relay.RelayAsync(http, new CallOrder(
                service, grant, client.ToString(), target.Raw, target.After(2), XRoadId.MessageIdOf(http.Request.Headers, received), caller.Program is not null, received));
        }
    }

    private static void ShowLimits(HttpContext http, Agreements.ApiLimits limits, long? left, DateTimeOffset now)
    {
        var seconds = (long)Math.Ceiling(CallLimits.LeftOfDay(now).TotalSeconds);
        var policy = string.Create(CultureInfo.InvariantCulture, $"\"day\";q={limits.CallsPerDay};w=86400, \"second\";q={limits.CallsPerSecond};w=1, \"at-once\";q={limits.Concurrent}");
        var state = left is { } known ? string.Create(CultureInfo.InvariantCulture, $"\"day\";r={known};t={seconds}") : null;
        http.Response.OnStarting(() =>
        {
            // Ours, not the provider's: it counts its own callers, of whom the gateway is one.
            http.Response.Headers["RateLimit-Policy"] = policy;
            if (state is not null) { http.Response.Headers["RateLimit"] = state; }
            return Task.CompletedTask;
        });
    }
}

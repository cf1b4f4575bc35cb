using Zhengtong.Exchange.Containers;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Services as X-Road's clients call them: <c>/r1/{instance}/{class}/{member}/{subsystem}/{service}[/path][?query]</c> (pr-rest 1.0.4), and the services about services.</summary>
internal sealed class XRoadCalls(GatewayDirectory directory, CallerCheck callers, CallLimits limits, CallRelay relay, XRoadMetadata metadata, SignedDocuments documents,
    VerificationConfiguration configuration, TimeProvider clock)
{
    /// <summary>Segments before the provider's own path: r1 and five parts.</summary>
    private const int Parts = 6;

    /// <summary>Answers a call; null when it was answered, else why not.</summary>
    internal async Task<Refusal?> AnswerAsync(HttpContext http, CallTarget target)
    {
        var received = clock.GetUtcNow();
        var (method, headers, segments) = (http.Request.Method, http.Request.Headers, target.Segments);
        if (!XRoadId.Methods.Contains(method)) { return Refusal.Malformed(method); }
        if (segments is ["verificationconf"] && target.Raw.StartsWith("/verificationconf", StringComparison.Ordinal)) { return await configuration.AnswerAsync(http); }
        if (segments is ["asic"] && target.Raw.StartsWith("/asic", StringComparison.Ordinal))
        {
            await documents.AnswerAsync(http);
            return null;
        }

        if (segments is ["listClients"] && target.Raw.StartsWith("/listClients", StringComparison.Ordinal)) { return await metadata.ListClientsAsync(http); }
        // Only protocol version 1 exists.
        if (!target.Raw.StartsWith("/r1/", StringComparison.Ordinal)) { return Refusal.Malformed(segments[0]); }
        if (segments.Count < Parts || !segments.Skip(1).Take(Parts - 1).All(XRoadId.IsCode)) { return Refusal.Malformed("/r1/{instance}/{memberClass}/{memberCode}/{subsystemCode}/{serviceCode}"); }
        if (Fault(headers) is { } unfit) { return unfit; }
        // Of two the last counts.
        if (!XRoadId.TryParse(headers["X-Road-Client"].LastOrDefault(), out var client)) { return Refusal.Malformed("X-Road-Client"); }

        var consumer = IsHere(client.Instance, client.Class) ? await directory.MemberAsync(client.Member) : null;
        if (consumer is null) { return Refusal.MemberUnknown(client.ToString()); }
        var caller = await callers.RecogniseAsync(http, consumer.Id, client.Subsystem);
        if (caller.System is null) { return Refusal.CallerUnknown; }
        var provider = IsHere(segments[1], segments[2]) ? await directory.MemberAsync(segments[3]) : null;
        if (provider is null) { return Refusal.MemberUnknown($"{segments[1]}/{segments[2]}/{segments[3]}"); }
        var order = new XRoadOrder(provider, segments[4], segments[5], consumer, client, XRoadId.MessageIdOf(headers, received), target);
        if (segments.Count == Parts && HttpMethods.IsGet(method) && XRoadMetadata.Knows(segments[5])) { return await metadata.AnswerAsync(http, order, caller.Program is not null); }
        return await CallAsync(http, order, caller, received);
    }

    private async Task<Refusal?> CallAsync(HttpContext http, XRoadOrder order, Caller caller, DateTimeOffset received)
    {
        if (await directory.ServiceAsync(order.Provider, order.Subsystem, order.Service) is not { } service) { return Refusal.ServiceUnknown(order.Name); }
        if (!service.IsEnabled) { return Refusal.ServiceDisabled(order.Name); }
        var inForce = (await directory.GrantsAsync(order.Consumer.Id, service.ResourceId)).Where(g => g.Terms.AllowsDelivery(received)).ToList();
        if (inForce.Count == 0) { return Refusal.NoAgreement(order.Name); }
        string[] path = [.. order.Target.Segments.Skip(Parts)];
        if (inForce.Find(g => g.Operations.Allows(http.Request.Method, path)) is not { } grant) { return Refusal.NotAgreed(http.Request.Method, order.Target.After(Parts).Split('?')[0]); }
        var (admission, refusal) = await limits.AdmitAsync(grant.Terms, http.RequestAborted);
        if (admission is null) { return refusal; }
        using (admission)
        {
            return await relay.RelayAsync(http, new CallOrder(
                service, grant, order.Client.ToString(), order.Target.Raw, order.Target.After(Parts), order.MessageId, caller.Program is not null, received));
        }
    }

    private bool IsHere(string instance, string memberClass) => instance == directory.Instance && memberClass == GatewayDirectory.MemberClass;

    /// <summary>The optional headers must have their form when they are there.</summary>
    private static Refusal? Fault(IHeaderDictionary headers)
    {
        if (XRoadId.MessageIdFault(headers) is { } unfit) { return unfit; }
        if (headers["X-Road-Security-Server"].ToString() is { Length: > 0 } server && (!XRoadId.TryParse(server, out var id) || id.Subsystem is null)) { return Refusal.Malformed("X-Road-Security-Server"); }
        return headers["X-Road-Represented-Party"].ToString() is { Length: > 0 } party && (party.Split('/') is not { Length: 1 or 2 } parts || parts.Any(p => p.Length == 0))
            ? Refusal.Malformed("X-Road-Represented-Party") : null;
    }
}

/// <summary>A call under <c>/r1/</c>, its parts read.</summary>
internal sealed record XRoadOrder(Member Provider, string Subsystem, string Service, Member Consumer, XRoadId Client, string MessageId, CallTarget Target)
{
    /// <summary>Class, member, subsystem, service, as people read it.</summary>
    internal string Name => $"{GatewayDirectory.MemberClass}/{Provider.Code}/{Subsystem}/{Service}";
}

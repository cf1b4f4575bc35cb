using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Why a call was not answered by the provider: as our own problem, and as X-Road's error type (pr-rest 1.0.4, section 4.6). Beneath the documented types, those
/// of quotas are ours: <c>Server.ServerProxy.AccessDenied.QuotaSpent</c>, so that a client that knows only AccessDenied understands.</summary>
/// <param name="Problem">On plain addresses.</param>
/// <param name="Type">Under <c>/r1/</c>.</param>
/// <param name="Detail">What in this case, for people; never the provider's address.</param>
/// <param name="RetryAfter">When it may be tried again; null when that is unknown.</param>
internal sealed record Refusal(ProblemType Problem, string Type, string? Detail = null, TimeSpan? RetryAfter = null)
{
    private const string Denied = "Server.ServerProxy.AccessDenied";

    internal static Refusal Malformed(string detail) => new(ExchangeProblems.CallMalformed, "Client.BadRequest", detail);

    internal static Refusal Ambiguous(TargetFault fault) =>
        Malformed(Text.Of($"exchange.target-fault.{System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(fault.ToString())}"));

    internal static Refusal MemberUnknown(string member) => new(ExchangeProblems.MemberUnknown, "Server.ClientProxy.UnknownMember", member);

    internal static readonly Refusal CallerUnknown = new(ExchangeProblems.CallerUnknown, "Server.ClientProxy.SslAuthenticationFailed");

    internal static Refusal AgreementUnknown(string number) => new(ExchangeProblems.AgreementUnknown, Denied, number);

    internal static Refusal ServiceUnknown(string service) => new(ExchangeProblems.ServiceUnknown, "Server.ServerProxy.UnknownService", service);

    internal static Refusal ServiceDisabled(string service) => new(ExchangeProblems.ServiceDisabled, "Server.ServerProxy.ServiceDisabled", service);

    internal static Refusal NoAgreement(string service) => new(ExchangeProblems.NoAgreement, Denied, service);

    internal static Refusal NotAgreed(string method, string path) => new(ExchangeProblems.CallNotAgreed, Denied, $"{method} {path}");

    internal static Refusal QuotaSpent(TimeSpan wait) => new(ExchangeProblems.QuotaSpent, $"{Denied}.QuotaSpent", null, wait);

    internal static Refusal TooFast(TimeSpan wait) => new(ExchangeProblems.TooFast, $"{Denied}.TooFast", null, wait);

    internal static readonly Refusal TooManyAtOnce = new(ExchangeProblems.TooManyAtOnce, $"{Denied}.TooManyAtOnce", null, TimeSpan.FromSeconds(1));

    internal static Refusal Resting(TimeSpan wait) => new(ExchangeProblems.ServiceResting, "Server.ServerProxy.NetworkError", null, wait);

    internal static readonly Refusal Unreachable = new(ExchangeProblems.ServiceUnreachable, "Server.ServerProxy.NetworkError");

    internal static readonly Refusal Silent = new(ExchangeProblems.ServiceSilent, "Server.ServerProxy.NetworkError");

    internal static readonly Refusal AnswerUnfit = new(ExchangeProblems.AnswerUnfit, "Server.ServerProxy.ServiceFailed.InvalidAnswer");

    internal static readonly Refusal Unrecorded = new(ExchangeProblems.CallUnrecorded, "Server.ServerProxy.DatabaseError");

    internal static readonly Refusal Internal = new(ExchangeProblems.Internal, "Server.ServerProxy.ServiceFailed.InternalError");
}

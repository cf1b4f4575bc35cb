using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Zhengtong.Kernel.Http;

/// <summary>An answer that shows a thing with its revision; the API sends it as the ETag.</summary>
public interface IRevisioned
{
    /// <summary>From 1; grows with each change.</summary>
    int Revision { get; }
}

/// <summary>Two people change one thing: the second must have seen what the first did. A thing's revision is its ETag; a change names it in If-Match.</summary>
internal static class Revisions
{
    /// <summary>Tells the reader of an <see cref="IRevisioned"/> answer which revision it shows.</summary>
    internal static async ValueTask<object?> ShowAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var answer = await next(context);
        var result = answer is INestedHttpResult nested ? nested.Result : answer;
        if (result is IValueHttpResult { Value: IRevisioned thing }) { context.HttpContext.Response.Headers.ETag = ETag(thing.Revision); }
        return answer;
    }

    /// <summary>The entity tag of a revision: <c>"3"</c>, strong.</summary>
    internal static string ETag(int revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>Null when the caller saw the current revision. Otherwise the refusal: 428 kernel.precondition-needed without If-Match,
    /// 412 kernel.changed-meanwhile when If-Match names other revisions. <c>*</c> takes any.</summary>
    /// <param name="http">The request.</param>
    /// <param name="revision">The current revision.</param>
    internal static ProblemHttpResult? PreconditionFails(this HttpContext http, int revision)
    {
        var given = http.Request.Headers.IfMatch;
        if (given.Count == 0) { return KernelProblems.PreconditionNeeded.Because(); }
        if (!EntityTagHeaderValue.TryParseStrictList(given, out var tags)) { return KernelProblems.Malformed.Because("If-Match"); }
        return tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || (!t.IsWeak && t.Tag == ETag(revision)))
            ? null
            : (KernelProblems.ChangedMeanwhile with { Status = StatusCodes.Status412PreconditionFailed }).Because($"ETag: {ETag(revision)}");
    }
}

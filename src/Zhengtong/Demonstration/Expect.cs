using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.Demonstration;

/// <summary>The demonstration acts only where the rules allow: any refusal is a mistake in the demonstration, said with its code.</summary>
internal static class Expect
{
    internal static T Done<T>(IResult result) where T : class, IResult => result as T ?? throw new InvalidOperationException(result is ProblemHttpResult refused
        ? $"Refused: {(refused.ProblemDetails.Extensions.TryGetValue("code", out var code) ? code : null)}: {refused.ProblemDetails.Title} {refused.ProblemDetails.Detail}"
        : $"Expected {typeof(T).Name}, got {result.GetType().Name}");
}

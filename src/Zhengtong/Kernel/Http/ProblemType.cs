using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.Kernel.Http;

/// <summary>One kind of refusal: a stable code that programs may rely on, an HTTP status, and a title in the reader's language (RFC 9457).
/// Declared once, in the module's <c>*Problems.cs</c>; listed in docs/errors.md, which a test compares.</summary>
/// <param name="Code">Module, dot, what is wrong: <c>agreements.not-in-force</c>. Never changes once published. Also the text key of the title.</param>
/// <param name="Status">HTTP status, 400 to 599.</param>
internal sealed record ProblemType(string Code, int Status)
{
    /// <summary>What is wrong, in the reader's language.</summary>
    internal string Title => Text.Of(Code);

    /// <summary>The refusal as a result.</summary>
    /// <param name="detail">What in this case; data rather than a sentence, or a sentence already in the reader's language.</param>
    internal ProblemHttpResult Because(string? detail = null) => TypedResults.Problem(
        detail: detail, statusCode: Status, title: Title, type: $"/docs/errors#{Code}",
        extensions: new Dictionary<string, object?> { ["code"] = Code });

    /// <summary>The refusal with every bad field and what to do about each; all at once.</summary>
    /// <param name="errors">Field name as on the wire, to sentences in the reader's language.</param>
    internal ProblemHttpResult For(IReadOnlyDictionary<string, string[]> errors) => TypedResults.Problem(
        statusCode: Status, title: Title, type: $"/docs/errors#{Code}",
        extensions: new Dictionary<string, object?> { ["code"] = Code, ["errors"] = errors });
}

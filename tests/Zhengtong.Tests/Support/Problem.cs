using System.Net.Http.Json;
using System.Text.Json;

namespace Zhengtong.Tests.Support;

/// <summary>Reads a problem document.</summary>
internal static class Problem
{
    internal static async Task<JsonElement> ReadProblem(this HttpResponseMessage response)
    {
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    internal static async Task<string> ReadProblemCode(this HttpResponseMessage response) => (await response.ReadProblem()).GetProperty("code").GetString()!;
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Zhengtong.Tests.OpenData.Ckan;

/// <summary>Calls actions as clients do, and compares the form of answers.</summary>
internal static class CkanCalls
{
    /// <summary>The result of a call that must succeed; its envelope is checked.</summary>
    internal static async Task<JsonElement> Result(this HttpClient client, string call)
    {
        using var response = await client.GetAsync($"/api/3/action/{call}");
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{call}: {text}");
        return ResultOf(text, call.Split('?')[0]);
    }

    /// <summary>The same by POST.</summary>
    internal static async Task<JsonElement> PostResult(this HttpClient client, string action, object body)
    {
        using var response = await client.PostAsJsonAsync($"/api/3/action/{action}", body);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{action}: {text}");
        return ResultOf(text, action);
    }

    /// <summary>Status and <c>error</c> of a call that must be refused.</summary>
    internal static async Task<(int Status, JsonElement Error)> Refusal(this HttpResponseMessage response)
    {
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        response.Content.Headers.NonValidated["Content-Type"].ToString().ShouldBe("application/json; charset=utf-8");
        body.GetProperty("success").GetBoolean().ShouldBeFalse();
        body.GetProperty("help").GetString()!.ShouldContain("/api/3/action/help_show?name=");
        return ((int)response.StatusCode, body.GetProperty("error"));
    }

    internal static async Task<(int Status, JsonElement Error)> Refused(this HttpClient client, string call)
    {
        using var response = await client.GetAsync($"/api/3/action/{call}");
        return await response.Refusal();
    }

    /// <summary>True when the answer has the sample's form: the same members, every item like the sample's first, the same kinds; a null in the sample is a null or a text.</summary>
    internal static string? Difference(JsonElement actual, JsonElement sample, string at = "$")
    {
        if (sample.ValueKind == JsonValueKind.Null) { return actual.ValueKind is JsonValueKind.Null or JsonValueKind.String ? null : $"{at}: {actual.ValueKind}"; }
        var (kind, wanted) = (KindOf(actual), KindOf(sample));
        if (kind != wanted) { return $"{at}: {kind}, not {wanted}"; }
        switch (sample.ValueKind)
        {
            case JsonValueKind.Object:
                var (has, wants) = (actual.EnumerateObject().Select(m => m.Name).ToHashSet(), sample.EnumerateObject().Select(m => m.Name).ToHashSet());
                if (!has.SetEquals(wants)) { return $"{at}: lacks [{string.Join(' ', wants.Except(has))}], has [{string.Join(' ', has.Except(wants))}] beyond"; }
                return sample.EnumerateObject().Select(m => Difference(actual.GetProperty(m.Name), m.Value, $"{at}.{m.Name}")).FirstOrDefault(d => d is not null);
            case JsonValueKind.Array when sample.GetArrayLength() == 0: return actual.GetArrayLength() == 0 ? null : $"{at}: not empty";
            case JsonValueKind.Array when actual.GetArrayLength() == 0: return $"{at}: empty";
            case JsonValueKind.Array: return actual.EnumerateArray().Select((item, i) => Difference(item, sample[0], $"{at}[{i}]")).FirstOrDefault(d => d is not null);
            default: return null;
        }
    }

    private static JsonElement ResultOf(string text, string action)
    {
        var body = JsonDocument.Parse(text).RootElement;
        body.EnumerateObject().Select(m => m.Name).ShouldBe(["help", "success", "result"]);
        body.GetProperty("success").GetBoolean().ShouldBeTrue();
        body.GetProperty("help").GetString().ShouldEndWith($"/api/3/action/help_show?name={action}");
        return body.GetProperty("result");
    }

    private static string KindOf(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? "Boolean" : value.ValueKind.ToString();
}

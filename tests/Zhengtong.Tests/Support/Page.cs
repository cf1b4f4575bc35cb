using System.Net;
using System.Text.RegularExpressions;

namespace Zhengtong.Tests.Support;

/// <summary>Uses pages as a browser without script does: reads forms and sends them back with what was changed.</summary>
internal static partial class Page
{
    /// <summary>The page's text; fails on any other status than 200.</summary>
    internal static async Task<string> GetPage(this HttpClient client, string address)
    {
        var response = await client.GetAsync(address);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, address);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Sends the form of the page that has this handler, with its hidden fields and values, some of them changed.</summary>
    /// <param name="client">The visitor.</param>
    /// <param name="address">The page.</param>
    /// <param name="form">The form's name.</param>
    /// <param name="fields">What is typed, ticked or pressed.</param>
    internal static async Task<HttpResponseMessage> Submit(this HttpClient client, string address, string form, params (string Name, string Value)[] fields)
    {
        var page = await client.GetPage(address);
        return await client.PostAsync(address, new FormUrlEncodedContent(Filled(page, form, fields)));
    }

    /// <summary>What a browser would send: the hidden fields of the form and what the person filled in.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> Filled(string page, string form, params (string Name, string Value)[] fields)
    {
        var body = Forms().Matches(page).Select(m => m.Value).FirstOrDefault(f => f.Contains($"value=\"{form}\"", StringComparison.Ordinal));
        body.ShouldNotBeNull($"The page has no form {form}");
        foreach (Match hidden in Hidden().Matches(body))
        {
            var tag = hidden.Value;
            if (fields.All(f => f.Name != Attribute(tag, "name"))) { yield return new(Attribute(tag, "name"), Attribute(tag, "value")); }
        }

        foreach (var (name, value) in fields) { yield return new(name, value); }
    }

    private static string Attribute(string tag, string name) => WebUtility.HtmlDecode(Regex.Match(tag, $"\\b{name}=\"([^\"]*)\"").Groups[1].Value);

    [GeneratedRegex("<form.*?</form>", RegexOptions.Singleline)]
    private static partial Regex Forms();

    [GeneratedRegex("<input[^>]*type=\"hidden\"[^>]*>")]
    private static partial Regex Hidden();
}

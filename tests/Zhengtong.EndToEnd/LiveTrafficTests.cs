using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Zhengtong.EndToEnd;

/// <summary>While the demonstration serves, tables, files and calls are under way, each with its proof.</summary>
public sealed class LiveTrafficTests(DemoPlatform platform)
{
    [Fact]
    public async Task Serve_ByItself_MovesRowsFilesAndCalls()
    {
        using var program = await ProgramAsync("省食药监局");
        await UntilAsync(async () => (await program.GetFromJsonAsync<JsonElement>("received-files")).GetProperty("items").EnumerateArray()
            .Any(f => f.GetProperty("state").GetString() == "downloadConfirmed"), "a file is confirmed");
        await UntilAsync(async () => (await program.GetFromJsonAsync<JsonElement>("deliveries")).GetProperty("items").EnumerateArray()
            .Any(d => d.GetProperty("batches").GetInt64() > 1), "changed rows follow the copy");
        var agreements = (await program.GetFromJsonAsync<JsonElement>("agreements?limit=200")).GetProperty("items").EnumerateArray().Select(a => a.GetProperty("id").GetGuid()).ToList();
        await UntilAsync(async () =>
        {
            foreach (var agreement in agreements)
            {
                var calls = await program.GetFromJsonAsync<JsonElement>($"agreements/{agreement}/calls");
                if (calls.GetProperty("items").EnumerateArray().Any(c => c.GetProperty("sealed").GetBoolean() && c.GetProperty("status").GetInt32() == 200)) { return true; }
            }

            return false;
        }, "a call is answered and sealed");
    }

    private async Task<HttpClient> ProgramAsync(string organisation)
    {
        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(platform.Folder, "demo-credentials.json")));
        var client = file.RootElement.GetProperty("clients").EnumerateArray().Single(c => c.GetProperty("organisation").GetString() == organisation);
        var program = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(platform.Address, "/api/v1/") };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = client.GetProperty("clientId").GetString()!, ["client_secret"] = client.GetProperty("clientSecret").GetString()!, ["scope"] = "work",
        });
        using var response = await program.PostAsync("/connect/token", form);
        response.EnsureSuccessStatusCode();
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString());
        return program;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var n = 0; n < 120; n++)
        {
            if (await holds()) { return; }
            await Task.Delay(500);
        }

        Assert.Fail($"Not within a minute: {what}");
    }
}

using System.Globalization;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.OpenStack;

/// <summary>Microversions of the compute service. The newest is the last before servers hold a copy of their flavor instead of its id.</summary>
internal static class Microversions
{
    internal const string Oldest = "2.1";
    internal const string Newest = "2.46";
    private const string Header = "OpenStack-API-Version";
    private const string Older = "X-OpenStack-Nova-API-Version";

    /// <summary>Answers in the version that was asked for, the oldest unless one was; 406 for one that is not offered.</summary>
    internal static async ValueTask<object?> ChooseAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var (request, answer) = (context.HttpContext.Request.Headers, context.HttpContext.Response.Headers);
        var asked = request[Header].FirstOrDefault() is { } named && named.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["compute", var version] ? version : request[Older].FirstOrDefault();
        if (asked is not (null or "latest") && !IsOffered(asked)) { return OpenStackRefusal.NoSuchVersion(Text.Of("cloud.openstack.version", Oldest, Newest)); }

        var chosen = asked switch { null => Oldest, "latest" => Newest, _ => asked };
        (answer[Header], answer[Older]) = ($"compute {chosen}", chosen);
        answer.Append("Vary", Header);
        return await next(context);
    }

    private static bool IsOffered(string version) => version.Length <= 6 && version.Split('.') is ["2", var minor]
        && int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 46;
}


namespace Zhengtong.Cloud.OpenStack;

internal static class RefuseUnknown
{
    internal static void Map(IEndpointRouteBuilder group) => group.Map("/{**rest}", Handle);

    /// <summary>What is not offered is said in the shape that clients read.</summary>
    internal static OpenStackRefusal Handle(HttpContext http) => OpenStackRefusal.NotFound(http.Request.Path.Value is { Length: <= 200 } path ? path : OpenStackModule.Root);
}

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>ASP.NET Core's binding attributes, with the interfaces that identify them.</summary>
internal static class AspNetCoreStubs
{
    public const string Binding = """

        namespace Microsoft.AspNetCore.Http.Metadata
        {
            public interface IFromServiceMetadata;
            public interface IFromRouteMetadata { string? Name { get; } }
            public interface IFromQueryMetadata { string? Name { get; } }
            public interface IFromHeaderMetadata { string? Name { get; } }
            public interface IFromBodyMetadata;
            public interface IFromFormMetadata { string? Name { get; } }
        }

        namespace Microsoft.AspNetCore.Http
        {
            public class AsParametersAttribute : Attribute;
            public abstract class HttpContext;
            public interface IFormFile;
        }

        namespace Microsoft.AspNetCore.SignalR { public abstract class HubCallerContext; public interface IHubCallerClients<T>; public interface IGroupManager; }
        namespace Microsoft.Extensions.Logging { public interface ILogger; public interface ILogger<out T> : ILogger; }

        namespace Microsoft.AspNetCore.Mvc.ModelBinding
        {
            public interface IBindingSourceMetadata;
            public interface IBinderTypeProviderMetadata : IBindingSourceMetadata;
            public class BindingBehaviorAttribute : Attribute;
            public class BindNeverAttribute : BindingBehaviorAttribute;
        }

        namespace Microsoft.AspNetCore.Mvc
        {
            using Microsoft.AspNetCore.Http.Metadata;
            using Microsoft.AspNetCore.Mvc.ModelBinding;

            public class FromServicesAttribute : Attribute, IBindingSourceMetadata, IFromServiceMetadata;
            public class FromRouteAttribute : Attribute, IBindingSourceMetadata, IFromRouteMetadata { public string? Name { get; set; } }
            public class FromQueryAttribute : Attribute, IBindingSourceMetadata, IFromQueryMetadata { public string? Name { get; set; } }
            public class FromHeaderAttribute : Attribute, IBindingSourceMetadata, IFromHeaderMetadata { public string? Name { get; set; } }
            public class FromBodyAttribute : Attribute, IBindingSourceMetadata, IFromBodyMetadata;
            public class FromFormAttribute : Attribute, IBindingSourceMetadata, IFromFormMetadata { public string? Name { get; set; } }
            public class ModelBinderAttribute : Attribute, IBinderTypeProviderMetadata;
            public class BindAttribute : Attribute { public BindAttribute(params string[] include) { } }
        }

        namespace Company
        {
            using Microsoft.AspNetCore.Http.Metadata;

            public class FromTenantAttribute : Attribute, IFromRouteMetadata { public string? Name => "tenant"; }
            public class ResolvedAttribute : Attribute, IFromServiceMetadata;
            public class AnywhereAttribute : Attribute, IFromQueryMetadata, IFromHeaderMetadata { public string? Name => null; }
            public class MyKeyAttribute() : FromKeyedServicesAttribute("k");
            public class FromClaimAttribute : Attribute;
            public class InjectAttribute : Attribute;
            public class FrozenAttribute : Attribute;
        }
        """;
}

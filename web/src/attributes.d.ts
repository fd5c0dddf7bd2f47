import "vue";

/** Attributes that pass through to the element, which strict templates do not know by themselves. */
declare module "vue" {
  interface HTMLAttributes {
    readonly [data: `data-${string}`]: string | number | boolean | undefined;
  }

  interface SVGAttributes {
    readonly [data: `data-${string}`]: string | number | boolean | undefined;
  }

  interface AllowedComponentProps {
    readonly "aria-label"?: string | undefined;
    readonly "aria-describedby"?: string | undefined;
    readonly "aria-invalid"?: "true" | undefined;
    readonly ariaLabel?: string | undefined;
    readonly dataRow?: string | boolean;
    readonly dataNoGesture?: string | boolean;
    readonly onFocus?: (event: FocusEvent) => void;
    readonly onClick?: (event: MouseEvent) => void;
    readonly id?: string | undefined;
    readonly onContextmenu?: (event: MouseEvent) => void;
    readonly onKeydown?: (event: KeyboardEvent) => void;
  }
}
